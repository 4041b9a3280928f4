// GovernanceService: validators and their keys, proposals and votes, readiness, evidence, versions.
#include "node/rpc/services.h"
#include "testamur/v1/governance_service.grpc.pb.h"

namespace testamur::node {

namespace {

class Service final : public v1::GovernanceService::CallbackService {
 public:
  explicit Service(ServiceContext& context) : context_(context) {}

  grpc::ServerUnaryReactor* GetValidators(grpc::CallbackServerContext* call, const v1::GetValidatorsRequest*,
                                          v1::GetValidatorsResponse* response) override {
    return unary(context_.gate, call, [&] {
      auto reader = context_.reader();
      auto epoch = ledger::read_epoch(reader.state());
      auto set = ledger::read_validators(reader.state());
      response->set_epoch(epoch.value);
      for (const auto& member : set.members()) fill_seat(reader, member, *response->add_seats());
      response->set_approvals_needed(static_cast<std::uint32_t>(2 * set.size() / 3 + 1));
      if (epoch > Epoch{0}) {
        auto began = sealing_height(reader.state(), Epoch{epoch.value - 1});
        if (began) response->set_epoch_from_height(began->value);
      }
      response->mutable_protocol()->set_in_force(reader.head().header.protocol_version);
      reader.fill(*response->mutable_as_of());
      return grpc::Status::OK;
    });
  }

 private:
  static void fill_seat(const Reader& reader, const ledger::CertifyingSet::Member& member, v1::SeatView& out) {
    reader.fill_name(member.institution, std::nullopt, *out.mutable_institution());
    auto key = ledger::consensus_key_id(member);
    put(*out.mutable_consensus_key_id(), key);
    out.set_consensus_key_id_text(to_text(key));
    put(*out.mutable_public_key(), member.key);
  }

  ServiceContext& context_;
};

}  // namespace

std::unique_ptr<grpc::Service> make_governance_service(ServiceContext& context) {
  return std::make_unique<Service>(context);
}

}  // namespace testamur::node
