// Replays recorded answers, and makes from one answer all of its forgeries: a walk over the fields
// by reflection, so that a field which is added to the protocol is forged without a word here.
#include "tests/wallet/lying_node.h"

#include <google/protobuf/descriptor.h>
#include <grpcpp/grpcpp.h>

#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/verify_service.grpc.pb.h"
#include "tests/support/catch.h"

namespace testamur::wallet::test {

namespace pb = google::protobuf;

struct LyingNode::Impl final : v1::LedgerService::Service,
                               v1::VerifyService::Service,
                               v1::RegistryService::Service,
                               v1::LogService::Service {
  std::shared_ptr<grpc::Channel> truth;
  bool asks = true;
  Recording answers;
  std::function<void(const std::string&, pb::Message&)> forging;
  int port = 0;
  std::unique_ptr<grpc::Server> server;

  template <class Service, class Request, class Response>
  grpc::Status answer(const std::string& method,
                      grpc::Status (Service::Stub::*ask)(grpc::ClientContext*, const Request&,
                                                         Response*),
                      const Request& request, Response* response) {
    const std::pair key{method, request.SerializeAsString()};

    if (!answers.contains(key)) {
      // Asked once and kept, so that every forgery starts from the same truth.
      if (!asks) return {grpc::StatusCode::NOT_FOUND, "nothing is known of it"};
      grpc::ClientContext context;
      Response asked;
      const auto stub = Service::NewStub(truth);
      if (auto status = (stub.get()->*ask)(&context, request, &asked); !status.ok()) return status;
      answers[key] = asked.SerializeAsString();
    }

    if (!response->ParseFromString(answers[key]))
      return {grpc::StatusCode::INTERNAL, "a damaged recording"};
    if (forging) forging(method, *response);
    return grpc::Status::OK;
  }

  grpc::Status GetStatus(grpc::ServerContext*, const v1::GetStatusRequest* asked,
                         v1::GetStatusResponse* out) override {
    return answer<v1::LedgerService>("GetStatus", &v1::LedgerService::Stub::GetStatus, *asked, out);
  }
  grpc::Status CheckHash(grpc::ServerContext*, const v1::CheckHashRequest* asked,
                         v1::CheckHashResponse* out) override {
    return answer<v1::VerifyService>("CheckHash", &v1::VerifyService::Stub::CheckHash, *asked, out);
  }
  grpc::Status CheckReference(grpc::ServerContext*, const v1::CheckReferenceRequest* asked,
                              v1::CheckReferenceResponse* out) override {
    return answer<v1::VerifyService>("CheckReference", &v1::VerifyService::Stub::CheckReference,
                                     *asked, out);
  }
  grpc::Status GetReceipt(grpc::ServerContext*, const v1::GetReceiptRequest* asked,
                          v1::GetReceiptResponse* out) override {
    return answer<v1::VerifyService>("GetReceipt", &v1::VerifyService::Stub::GetReceipt, *asked,
                                     out);
  }
  grpc::Status GetInstitution(grpc::ServerContext*, const v1::GetInstitutionRequest* asked,
                              v1::GetInstitutionResponse* out) override {
    return answer<v1::RegistryService>("GetInstitution", &v1::RegistryService::Stub::GetInstitution,
                                       *asked, out);
  }
  grpc::Status GetAchievement(grpc::ServerContext*, const v1::GetAchievementRequest* asked,
                              v1::GetAchievementResponse* out) override {
    return answer<v1::RegistryService>("GetAchievement", &v1::RegistryService::Stub::GetAchievement,
                                       *asked, out);
  }
  grpc::Status GetParameters(grpc::ServerContext*, const v1::GetParametersRequest* asked,
                             v1::GetParametersResponse* out) override {
    return answer<v1::RegistryService>("GetParameters", &v1::RegistryService::Stub::GetParameters,
                                       *asked, out);
  }
  grpc::Status GetSetChanges(grpc::ServerContext*, const v1::GetSetChangesRequest* asked,
                             v1::GetSetChangesResponse* out) override {
    return answer<v1::LogService>("GetSetChanges", &v1::LogService::Stub::GetSetChanges, *asked,
                                  out);
  }
  grpc::Status GetConsistencyProof(grpc::ServerContext*,
                                   const v1::GetConsistencyProofRequest* asked,
                                   v1::GetConsistencyProofResponse* out) override {
    return answer<v1::LogService>("GetConsistencyProof", &v1::LogService::Stub::GetConsistencyProof,
                                  *asked, out);
  }
};

LyingNode::LyingNode(int port) : impl_(std::make_unique<Impl>()) {
  impl_->truth =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &impl_->port);
  builder.RegisterService(static_cast<v1::LedgerService::Service*>(impl_.get()));
  builder.RegisterService(static_cast<v1::VerifyService::Service*>(impl_.get()));
  builder.RegisterService(static_cast<v1::RegistryService::Service*>(impl_.get()));
  builder.RegisterService(static_cast<v1::LogService::Service*>(impl_.get()));
  impl_->server = builder.BuildAndStart();
}
LyingNode::~LyingNode() { impl_->server->Shutdown(); }

std::string LyingNode::endpoint() const { return "127.0.0.1:" + std::to_string(impl_->port); }
void LyingNode::record(bool on) { impl_->asks = on; }
const Recording& LyingNode::recording() const { return impl_->answers; }
void LyingNode::replay(Recording recording) { impl_->answers = std::move(recording); }
void LyingNode::forge(std::function<void(const std::string&, pb::Message&)> forging) {
  impl_->forging = std::move(forging);
}

std::unique_ptr<pb::Message> answer_of(const std::string& method) {
  if (method == "GetStatus") return std::make_unique<v1::GetStatusResponse>();
  if (method == "CheckHash") return std::make_unique<v1::CheckHashResponse>();
  if (method == "CheckReference") return std::make_unique<v1::CheckReferenceResponse>();
  if (method == "GetReceipt") return std::make_unique<v1::GetReceiptResponse>();
  if (method == "GetInstitution") return std::make_unique<v1::GetInstitutionResponse>();
  if (method == "GetAchievement") return std::make_unique<v1::GetAchievementResponse>();
  if (method == "GetParameters") return std::make_unique<v1::GetParametersResponse>();
  if (method == "GetSetChanges") return std::make_unique<v1::GetSetChangesResponse>();
  return std::make_unique<v1::GetConsistencyProofResponse>();
}

namespace {

// From the answer down to the message that holds a field: fields, with a position in those that
// repeat.
struct Step {
  const pb::FieldDescriptor* field = nullptr;
  int at = -1;
};
using Path = std::vector<Step>;

std::string to_text(const Path& path) {
  std::string text;
  for (const auto& step : path) {
    text += (text.empty() ? "" : ".") + std::string(step.field->name());
    if (step.at >= 0) text += "[" + std::to_string(step.at) + "]";
  }
  return text;
}

// The message at the end of the path; null where another forgery took it away.
pb::Message* descend(pb::Message& message, const Path& path, std::size_t steps) {
  pb::Message* at = &message;
  for (std::size_t i = 0; i < steps; ++i) {
    const auto& [field, position] = path[i];
    const auto& reflection = *at->GetReflection();
    if (field->is_repeated()) {
      if (position >= reflection.FieldSize(*at, field)) return nullptr;
      at = reflection.MutableRepeatedMessage(at, field, position);
    } else {
      at = reflection.MutableMessage(at, field);
    }
  }
  return at;
}

void set_enum(pb::Message& holder, const Step& step, int number) {
  const auto& reflection = *holder.GetReflection();
  if (!step.field->is_repeated()) return reflection.SetEnumValue(&holder, step.field, number);
  if (step.at < reflection.FieldSize(holder, step.field))
    reflection.SetRepeatedEnumValue(&holder, step.field, step.at, number);
}
void set_number(pb::Message& holder, const Step& step, std::uint64_t number) {
  const auto& reflection = *holder.GetReflection();
  const auto* field = step.field;
  const auto is32 = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT32;
  if (field->is_repeated()) {
    if (step.at >= reflection.FieldSize(holder, field)) return;
    if (is32)
      return reflection.SetRepeatedUInt32(&holder, field, step.at,
                                          static_cast<std::uint32_t>(number));
    return reflection.SetRepeatedUInt64(&holder, field, step.at, number);
  }
  if (is32) return reflection.SetUInt32(&holder, field, static_cast<std::uint32_t>(number));
  reflection.SetUInt64(&holder, field, number);
}
std::uint64_t number_of(const pb::Message& holder, const Step& step) {
  const auto& reflection = *holder.GetReflection();
  const auto* field = step.field;
  const auto is32 = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT32;
  if (field->is_repeated())
    return is32 ? reflection.GetRepeatedUInt32(holder, field, step.at)
                : reflection.GetRepeatedUInt64(holder, field, step.at);
  return is32 ? reflection.GetUInt32(holder, field) : reflection.GetUInt64(holder, field);
}
void set_bytes(pb::Message& holder, const Step& step, const std::string& bytes) {
  const auto& reflection = *holder.GetReflection();
  if (!step.field->is_repeated()) return reflection.SetString(&holder, step.field, bytes);
  if (step.at < reflection.FieldSize(holder, step.field))
    reflection.SetRepeatedString(&holder, step.field, step.at, bytes);
}
std::string bytes_of(const pb::Message& holder, const Step& step) {
  const auto& reflection = *holder.GetReflection();
  return step.field->is_repeated() ? reflection.GetRepeatedString(holder, step.field, step.at)
                                   : reflection.GetString(holder, step.field);
}

class Walk {
 public:
  Walk(std::string method, std::vector<Forgery>& out) : method_(std::move(method)), out_(out) {}

  void message(const pb::Message& now, const pb::Message* then) {
    const auto& type = *now.GetDescriptor();
    for (int i = 0; i < type.field_count(); ++i) field(now, then, *type.field(i));
  }

 private:
  void add(const std::string& what, std::function<void(pb::Message&, const Step&)> change) {
    out_.push_back(
        {method_, to_text(path_) + " " + what, [path = path_, change](pb::Message& answer) {
           if (auto* holder = descend(answer, path, path.size() - 1)) change(*holder, path.back());
         }});
  }

  void field(const pb::Message& now, const pb::Message* then, const pb::FieldDescriptor& field) {
    const auto& reflection = *now.GetReflection();

    path_.push_back({&field, -1});
    add("dropped", [](auto& holder, const Step& step) {
      holder.GetReflection()->ClearField(&holder, step.field);
    });

    if (then != nullptr && !field.is_repeated() &&
        field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE)
      replayed(*then);

    if (!field.is_repeated()) {
      path_.pop_back();
      return element(now, then, field, -1);
    }

    const int size = reflection.FieldSize(now, &field);
    if (size > 1) {
      add("without its last", [](auto& holder, const Step& step) {
        if (holder.GetReflection()->FieldSize(holder, step.field) > 0)
          holder.GetReflection()->RemoveLast(&holder, step.field);
      });
    }
    path_.pop_back();

    // Three elements of a list stand for all of them.
    for (int at = 0; at < std::min(size, 3); ++at) element(now, then, field, at);
  }

  // As it was before.
  void replayed(const pb::Message& then) {
    const std::shared_ptr<pb::Message> old(then.New());
    old->CopyFrom(then);

    add("replayed", [old](auto& holder, const Step& step) {
      switch (step.field->cpp_type()) {
        case pb::FieldDescriptor::CPPTYPE_STRING:
          return set_bytes(holder, step, bytes_of(*old, step));
        case pb::FieldDescriptor::CPPTYPE_UINT32:
        case pb::FieldDescriptor::CPPTYPE_UINT64:
          return set_number(holder, step, number_of(*old, step));
        case pb::FieldDescriptor::CPPTYPE_ENUM:
          return set_enum(holder, step, old->GetReflection()->GetEnumValue(*old, step.field));
        default: return;
      }
    });
  }

  void element(const pb::Message& now, const pb::Message* then, const pb::FieldDescriptor& field,
               int at) {
    const auto& reflection = *now.GetReflection();
    path_.push_back({&field, at});

    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_MESSAGE: sub_message(now, then, field, at); break;
      case pb::FieldDescriptor::CPPTYPE_ENUM: enumerators(*field.enum_type()); break;
      case pb::FieldDescriptor::CPPTYPE_STRING: texts(bytes_of(now, path_.back()), field); break;
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        add("turned", [value = !reflection.GetBool(now, &field)](auto& holder, const Step& step) {
          holder.GetReflection()->SetBool(&holder, step.field, value);
        });
        break;
      case pb::FieldDescriptor::CPPTYPE_UINT32:
      case pb::FieldDescriptor::CPPTYPE_UINT64: numbers(number_of(now, path_.back())); break;
      default: FAIL("a field type that no message had: " << to_text(path_));
    }

    path_.pop_back();
  }

  void sub_message(const pb::Message& now, const pb::Message* then,
                   const pb::FieldDescriptor& field, int at) {
    const auto& reflection = *now.GetReflection();
    if (at < 0 && !reflection.HasField(now, &field)) return;
    const pb::Message& inner = at < 0 ? reflection.GetMessage(now, &field)
                                      : reflection.GetRepeatedMessage(now, &field, at);
    const pb::Message* before = nullptr;
    const bool had_it = then != nullptr && field.is_repeated() &&
                        at < then->GetReflection()->FieldSize(*then, &field);
    if (had_it) before = &then->GetReflection()->GetRepeatedMessage(*then, &field, at);
    if (then != nullptr && !field.is_repeated())
      before = &then->GetReflection()->GetMessage(*then, &field);
    message(inner, before);
  }

  void enumerators(const pb::EnumDescriptor& type) {
    add("= 99", [](auto& holder, const Step& step) { set_enum(holder, step, 99); });
    for (int i = 0; i < type.value_count(); ++i) {
      const int number = type.value(i)->number();
      add("= " + std::string(type.value(i)->name()),
          [number](auto& holder, const Step& step) { set_enum(holder, step, number); });
    }
  }
  void numbers(std::uint64_t value) {
    for (const std::uint64_t other : {std::uint64_t{0}, value - 1, value + 1, ~std::uint64_t{0}}) {
      add("= " + std::to_string(other),
          [other](auto& holder, const Step& step) { set_number(holder, step, other); });
    }
  }
  void texts(const std::string& value, const pb::FieldDescriptor& field) {
    std::vector<std::string> others{""};
    if (field.type() == pb::FieldDescriptor::TYPE_STRING) others.push_back("University of Oxford");

    if (field.type() == pb::FieldDescriptor::TYPE_BYTES && !value.empty()) {
      for (const std::size_t at : {std::size_t{0}, value.size() / 2, value.size() - 1}) {
        others.push_back(value);
        others.back()[at] = static_cast<char>(others.back()[at] ^ 1);
      }
      others.push_back(value.substr(0, value.size() - 1));
    }

    for (const auto& other : others) {
      add("= \"" +
              (field.type() == pb::FieldDescriptor::TYPE_STRING
                   ? other
                   : std::to_string(other.size()) + " bytes") +
              "\"",
          [other](auto& holder, const Step& step) { set_bytes(holder, step, other); });
    }
  }

  std::string method_;
  std::vector<Forgery>& out_;
  Path path_;
};

}  // namespace

std::vector<Forgery> forgeries_of(const std::string& method, const pb::Message& answer,
                                  const pb::Message* earlier) {
  std::vector<Forgery> out;
  Walk(method, out).message(answer, earlier);
  if (earlier != nullptr) {
    const std::shared_ptr<pb::Message> old(earlier->New());
    old->CopyFrom(*earlier);
    out.push_back(
        {method, "replayed whole", [old](pb::Message& message) { message.CopyFrom(*old); }});
  }
  return out;
}

}  // namespace testamur::wallet::test
