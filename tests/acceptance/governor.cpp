// Governs a test network with the plain key files of its institutions: proposes, lets them approve,
// waits for the effect.
//
//   governor --endpoint A --chain TMN --voters TMI=DIR,TMI=DIR,… ACTION ARGUMENT…
//     admit TMI                     to the class validator
//     set TMI:TMK:READY,…           the whole next validator set; READY "-" for a key that sits in
//     it already activate VERSION HEIGHT suspend TMI
//   governor --endpoint A await TRANSACTION
//   governor --endpoint A register-key FILE DIR   a key that `testamurd new-key` made, signed by
//   the root in DIR governor --endpoint A evidence 0 governor --endpoint A changes FROM      what a
//   light client learns: follows it and prints the epoch it reaches
//
// Prints one JSON object. Exit code 1: it did not happen.
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/check.h"
#include "common/clock.h"
#include "ledger/genesis.h"
#include "ledger/proofs/light.h"
#include "ledger/tx/build.h"
#include "ledger/validators.h"
#include "testamur/v1/governance_service.grpc.pb.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/log_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "tests/support/plain_key_file.h"

namespace testamur {
namespace {

namespace tx = ledger::tx;
using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kCall{5'000};
constexpr milliseconds kPatience{60'000};

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

std::vector<std::string> split(const std::string& list, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

struct Voter {
  InstitutionId id;
  SecretKey key;
};

class Governor {
 public:
  explicit Governor(const std::string& endpoint)
      : channel_(grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials())),
        ledger_(v1::LedgerService::NewStub(channel_)),
        governance_(v1::GovernanceService::NewStub(channel_)) {}

  Json decide(const ChainId& chain, const std::vector<Voter>& voters, tx::ProposedAction action) {
    chain_ = chain;
    auto now = SystemClock{}.now_ms();
    tx::ProposalContent content{now + 600'000, 0, std::move(action)};
    auto proposal = commit(voters.front(), tx::build(envelope(voters.front()), content));
    for (const auto& voter : voters) {
      if (view(proposal).state() != v1::PROPOSAL_STATE_VOTING) break;
      commit(voter, tx::build(envelope(voter), tx::VoteContent{proposal, true, false}));
    }
    auto last = await_end(proposal);
    TM_CHECK(last.state() == v1::PROPOSAL_STATE_DONE, "it did not happen:", last.reason());
    return {{"proposal", proposal.hex()}, {"height", last.ended_height()}};
  }

  // Returns once it is committed.
  Json await(const TransactionId& id) {
    v1::AwaitCommitRequest wait;
    wait.set_id(text(id.view()));
    v1::AwaitCommitResponse ended;
    grpc::ClientContext waiting;
    waiting.set_deadline(std::chrono::system_clock::now() + kPatience);
    const auto status = ledger_->AwaitCommit(&waiting, wait, &ended);
    TM_CHECK(status.ok(), status.error_message());
    TM_CHECK(ended.outcome().state() == v1::TRANSACTION_STATE_COMMITTED, ended.outcome().message());
    return {{"height", ended.outcome().committed().height()}};
  }

  Json register_key(const std::string& file, const std::string& directory) {
    std::map<std::string, std::string> fields;
    std::ifstream in(file);
    for (std::string line; std::getline(in, line);) {
      auto equals = line.find(" = \"");
      if (equals != std::string::npos)
        fields[line.substr(0, equals)] = line.substr(equals + 4, line.size() - equals - 5);
    }
    chain_ = parse_chain_id(fields.at("chain")).value();
    Voter root{parse_institution_id(fields.at("institution")).value(),
               test::read_plain_key(directory, "root")};
    bool consensus = fields.at("purpose") == "consensus";
    tx::KeyAddContent content{
        consensus ? KeyPurpose::kConsensus : KeyPurpose::kTransport,
        {consensus ? SignatureAlgorithm::kBip340 : SignatureAlgorithm::kEd25519,
         *from_hex(fields.at("public_key"))},
        *Signature::from(*from_hex(fields.at("possession")))};
    return {
        {"transaction", commit(root, tx::build(envelope(root), content), KeyPurpose::kRoot).hex()}};
  }

  Json evidence() {
    v1::ListEvidenceResponse response;
    grpc::ClientContext context;
    limit(context);
    const auto status = governance_->ListEvidence(&context, {}, &response);
    TM_CHECK(status.ok(), status.error_message());

    Json list = Json::array();
    for (const auto& piece : response.evidence()) {
      list.push_back({{"validator", piece.validator().id_text()},
                      {"view", piece.view()},
                      {"contradiction", piece.contradiction()},
                      {"anchored", piece.has_anchor()}});
    }

    return {{"evidence", list}};
  }

  // As a light client that knows the genesis record only.
  Json changes(std::uint64_t from) {
    auto registry = v1::RegistryService::NewStub(channel_);
    grpc::ClientContext first;
    v1::GetParametersResponse parameters;
    TM_CHECK(registry->GetParameters(&first, {}, &parameters).ok());

    auto genesis = ledger::decode_genesis(as_bytes(parameters.genesis_record())).value();
    ledger::MemoryState beginning;
    beginning.apply(*ledger::build_genesis_state(genesis).delta);
    ledger::LightClient client(genesis.chain, Epoch{0}, ledger::read_validators(beginning));

    auto log = v1::LogService::NewStub(channel_);
    v1::GetSetChangesRequest request;
    request.set_from_epoch(from);
    grpc::ClientContext second;
    v1::GetSetChangesResponse response;
    const auto status = log->GetSetChanges(&second, request, &response);
    TM_CHECK(status.ok(), status.error_message());

    // Every change must be certified by the set before it; an answer that skips one fails here.
    for (const auto& change : response.changes()) {
      Decoder bytes(as_bytes(change.change()));
      auto decoded = ledger::decode_set_change(bytes);
      TM_CHECK(decoded.has_value());
      const auto followed = client.follow(*decoded);
      TM_CHECK(followed.ok(), followed.message());
    }

    auto checkpoint = ledger::decode_checkpoint(as_bytes(response.checkpoint())).value();
    const auto proven = client.verify(checkpoint);
    TM_CHECK(proven.ok(), proven.message());

    return {{"epoch", client.epoch().value},
            {"validators", client.set().size()},
            {"checkpoint", checkpoint.header.height.value}};
  }

 private:
  tx::Envelope envelope(const Voter& voter) const {
    return {chain_, voter.id, random_fixed<tx::Nonce>(), SystemClock{}.now_ms() + 600'000};
  }

  TransactionId commit(const Voter& voter, const tx::Built& built,
                       KeyPurpose purpose = KeyPurpose::kGovern) {
    if (const auto* rejection = std::get_if<tx::Rejection>(&built))
      TM_CHECK(false, to_text(*rejection));

    const auto& transaction = std::get<tx::UnsignedTransaction>(built);
    v1::SubmitRequest request;
    request.set_transaction(text(tx::attach_signed(transaction, purpose, voter.key)));
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < deadline) {
      grpc::ClientContext submitting;
      limit(submitting);
      v1::SubmitResponse taken;
      const auto status = ledger_->Submit(&submitting, request, &taken);
      TM_CHECK(status.error_code() != grpc::StatusCode::FAILED_PRECONDITION &&
                   status.error_code() != grpc::StatusCode::INVALID_ARGUMENT,
               "refused:", status.error_message());
      if (status.ok() && taken.state() == v1::TRANSACTION_STATE_COMMITTED) return transaction.id;

      v1::AwaitCommitRequest wait;
      wait.set_id(text(transaction.id.view()));
      v1::AwaitCommitResponse ended;

      grpc::ClientContext waiting;
      limit(waiting);
      if (ledger_->AwaitCommit(&waiting, wait, &ended).ok()) {
        TM_CHECK(ended.outcome().state() == v1::TRANSACTION_STATE_COMMITTED,
                 ended.outcome().message());
        return transaction.id;
      }
    }

    TM_CHECK(false, "not committed:", transaction.id.hex());
    return {};
  }

  // Asks again after every block.
  v1::ProposalView await_end(const TransactionId& proposal) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);

    v1::StreamBlocksRequest request;
    request.set_from_height(asked_at_ + 1);
    auto blocks = ledger_->StreamBlocks(&context, request);
    v1::StreamBlocksResponse block;

    auto last = view(proposal);
    while (last.state() == v1::PROPOSAL_STATE_VOTING || last.state() == v1::PROPOSAL_STATE_PASSED) {
      TM_CHECK(blocks->Read(&block), "not in effect:", last.DebugString());
      last = view(proposal);
    }

    context.TryCancel();
    return last;
  }

  v1::ProposalView view(const TransactionId& proposal) {
    v1::GetProposalRequest request;
    request.set_id(text(proposal.view()));
    v1::GetProposalResponse response;
    grpc::ClientContext context;
    limit(context);
    const auto status = governance_->GetProposal(&context, request, &response);
    TM_CHECK(status.ok(), status.error_message());
    asked_at_ = response.as_of().height();
    return response.proposal();
  }

  static void limit(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + kCall);
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::LedgerService::Stub> ledger_;
  std::unique_ptr<v1::GovernanceService::Stub> governance_;
  ChainId chain_;
  std::uint64_t asked_at_ = 0;
};

tx::ProposedAction action_of(const std::vector<std::string>& words) {
  if (words[0] == "admit") {
    return tx::AdmissionContent{parse_institution_id(words[1]).value(),
                                tx::InstitutionClass::kValidator, false};
  }
  if (words[0] == "suspend")
    return tx::SuspensionContent{parse_institution_id(words[1]).value(), false};
  if (words[0] == "activate") {
    return tx::ProtocolActivationContent{static_cast<std::uint16_t>(std::stoul(words[1])),
                                         Height{std::stoull(words[2])}};
  }

  TM_CHECK(words[0] == "set", "unknown action", words[0]);
  tx::SetChangeContent content;
  for (const auto& seat : split(words[1], ',')) {
    auto parts = split(seat, ':');
    TransactionId ready;
    if (parts[2] != "-") ready = parse_transaction_id(parts[2]).value();
    content.seats.push_back(
        {parse_institution_id(parts[0]).value(), parse_key_id(parts[1]).value(), ready});
  }

  // Seats of a set stand in the order of their institutions.
  std::sort(content.seats.begin(), content.seats.end());
  return content;
}

int run(int argc, char** argv) {
  std::map<std::string, std::string> given;
  int next = 1;
  for (; next + 1 < argc && std::string(argv[next]).starts_with("--"); next += 2)
    given[argv[next]] = argv[next + 1];
  std::vector<std::string> words(argv + next, argv + argc);

  TM_CHECK(words.size() >= 2, "an action and its argument are missing");
  Governor governor(given["--endpoint"]);
  auto print = [](const Json& answer) {
    std::cout << answer.dump() << "\n";
    return 0;
  };

  if (words[0] == "changes") return print(governor.changes(std::stoull(words[1])));
  if (words[0] == "await") return print(governor.await(parse_transaction_id(words[1]).value()));
  if (words[0] == "evidence") return print(governor.evidence());
  if (words[0] == "register-key") return print(governor.register_key(words[1], words.at(2)));

  std::vector<Voter> voters;
  for (const auto& voter : split(given["--voters"], ',')) {
    auto parts = split(voter, '=');
    voters.push_back(
        {parse_institution_id(parts[0]).value(), test::read_plain_key(parts[1], "govern")});
  }

  TM_CHECK(!voters.empty(), "--voters is missing");
  return print(governor.decide(parse_chain_id(given["--chain"]).value(), voters, action_of(words)));
}

}  // namespace
}  // namespace testamur

int main(int argc, char** argv) { return testamur::run(argc, argv); }
