// One institution lists a commitment; another lists the same one as often as it can.
//
//   copying_issuer --endpoint A --chain TMN --victim TMI --victim-keys DIR --copier TMI
//   --copier-keys DIR
//                  --copies N --times N
//
// Prints the victim's id and the commitment in hexadecimal digits when everything is committed.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <iostream>
#include <map>

#include "common/check.h"
#include "common/clock.h"
#include "ledger/tx/build.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "tests/support/plain_key_file.h"

namespace testamur {
namespace {

namespace tx = ledger::tx;

constexpr auto kPatience = std::chrono::seconds(120);

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

class Issuer {
 public:
  Issuer(std::shared_ptr<grpc::Channel> channel, const ChainId& chain, const InstitutionId& id,
         const std::string& keys)
      : ledger_(v1::LedgerService::NewStub(channel)),
        registry_(v1::RegistryService::NewStub(channel)),
        chain_(chain),
        id_(id),
        issue_(test::read_plain_key(keys, "issue")),
        govern_(test::read_plain_key(keys, "govern")) {}

  void publish() {
    tx::AchievementContent content;
    content.number = 800'000 + static_cast<std::uint32_t>(SystemClock{}.now_ms() % 90'000);
    content.version = 1;
    content.titles = {{"en", "Copying"}};
    content.award_kind = tx::AwardKind::kSkill;
    achievement_ = {id_, content.number, 1};
    commit(tx::build(envelope(), content), KeyPurpose::kGovern, govern_);
  }
  void list(std::vector<Hash256> commitments) {
    const tx::IssueListedContent content{achievement_, IssuerIndex{next_free()},
                                         std::move(commitments)};
    commit(tx::build(envelope(), content), KeyPurpose::kIssue, issue_);
  }

 private:
  tx::Envelope envelope() const {
    return {chain_, id_, random_fixed<tx::Nonce>(), SystemClock{}.now_ms() + 10 * 60 * 1000};
  }
  static void limit(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
  }
  std::uint64_t next_free() {
    v1::GetIssuerIndexesRequest request;
    request.set_issuer_id(text(id_.view()));
    grpc::ClientContext context;
    limit(context);
    v1::GetIssuerIndexesResponse response;
    TM_CHECK(registry_->GetIssuerIndexes(&context, request, &response).ok(), "no answer");
    return std::max<std::uint64_t>(response.next_free(), 1'000'000);
  }
  void commit(const tx::Built& built, KeyPurpose purpose, const SecretKey& key) {
    TM_CHECK(std::holds_alternative<tx::UnsignedTransaction>(built), "not well-formed");
    const auto& made = std::get<tx::UnsignedTransaction>(built);
    v1::SubmitRequest request;
    request.set_transaction(text(tx::attach_signed(made, purpose, key)));
    v1::SubmitResponse taken;
    grpc::ClientContext submitting;
    limit(submitting);
    const auto submitted = ledger_->Submit(&submitting, request, &taken);
    TM_CHECK(submitted.ok(), "refused:", submitted.error_message());

    v1::AwaitCommitRequest awaited;
    awaited.set_id(text(made.id.view()));
    v1::AwaitCommitResponse response;
    grpc::ClientContext waiting;
    limit(waiting);
    TM_CHECK(ledger_->AwaitCommit(&waiting, awaited, &response).ok(), "no end of the transaction");
    TM_CHECK(response.outcome().state() == v1::TRANSACTION_STATE_COMMITTED,
             response.outcome().message());
  }

  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::RegistryService::Stub> registry_;
  ChainId chain_;
  InstitutionId id_;
  SecretKey issue_, govern_;
  AchievementId achievement_;
};

int run(std::map<std::string, std::string> given) {
  const auto channel = grpc::CreateChannel(given["--endpoint"], grpc::InsecureChannelCredentials());
  const auto chain = parse_chain_id(given["--chain"]).value();
  const auto victim_id = parse_institution_id(given["--victim"]).value();
  Issuer victim(channel, chain, victim_id, given["--victim-keys"]);
  Issuer copier(channel, chain, parse_institution_id(given["--copier"]).value(),
                given["--copier-keys"]);

  const auto commitment = random_fixed<Hash256>();
  victim.publish();
  victim.list({commitment});
  copier.publish();
  const auto copies = std::stoull(given["--copies"]);
  for (auto times = std::stoull(given["--times"]); times > 0; --times) {
    copier.list(std::vector<Hash256>(copies, commitment));
  }
  std::cout << to_hex(victim_id.view()) << ' ' << commitment.hex() << "\n";
  return 0;
}

}  // namespace
}  // namespace testamur

int main(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  return testamur::run(std::move(given));
}
