// AdminService: for the operator, over a unix socket only.
#include "node/rpc/metrics.h"
#include "node/rpc/services.h"
#include "testamur/v1/admin_service.grpc.pb.h"

namespace testamur::node {

namespace {

class Service final : public v1::AdminService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* SetLogLevel(grpc::CallbackServerContext* call, const v1::SetLogLevelRequest* request,
                                        v1::SetLogLevelResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto level = log_level_from(request->level());
      if (!level) return invalid_argument("level", "must be trace, debug, info, warn or error");
      response->set_previous_level(std::string(to_text(context_.log.level())));
      context_.log.set_level(*level);
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* StopNode(grpc::CallbackServerContext* call, const v1::StopNodeRequest*,
                                     v1::StopNodeResponse*) override {
    return unary(context_.gate, call, [&] {
      context_.request_stop();
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* Backup(grpc::CallbackServerContext* call, const v1::BackupRequest* request,
                                   v1::BackupResponse* response) override {
    return unary(context_.gate, call, [&] {
      if (request->directory().empty() || request->directory().front() != '/') {
        return invalid_argument("directory", "must be an absolute path");
      }
      auto height = context_.chain.head()->header.height;
      auto status = context_.store.backup(request->directory());
      if (!status.ok()) return grpc::Status(grpc::StatusCode::INTERNAL, status.message());
      response->set_height(height.value);
      response->set_size_bytes(context_.store.figures().live_bytes);
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* ResumeVoting(grpc::CallbackServerContext* call, const v1::ResumeVotingRequest* request,
                                         v1::ResumeVotingResponse*) override {
    return unary(context_.gate, call, [&] {
      if (!request->other_copy_destroyed()) return invalid_argument("other_copy_destroyed", "must be said");
      context_.log.warn("resume_voting", {{"by", "operator"}});
      context_.chain.resume_voting();
      return grpc::Status::OK;
    });
  }

  grpc::ServerUnaryReactor* GetCounters(grpc::CallbackServerContext* call, const v1::GetCountersRequest*,
                                        v1::GetCountersResponse* response) override {
    return unary(context_.gate, call, [&] {
      for (const auto& [name, value] : metric_values(context_)) {
        auto& counter = *response->add_counters();
        counter.set_name(name);
        counter.set_value(value);
      }
      return grpc::Status::OK;
    });
  }

 private:
  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_admin_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node
