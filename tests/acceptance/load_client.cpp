// Issues single credentials at real nodes while these are killed, and checks afterwards that
// nothing acknowledged is lost.
//
//   load_client --endpoints A,B,… --keys DIR --institution TMI --chain TMN --log FILE
//               [--rate N] [--threads N] [--count N] [--seconds N] [--first-index N] [--latencies
//               FILE]
//   load_client --verify FILE --endpoints A,B,… --institution TMI --chain TMN
//
// A load ends at --count transactions, after --seconds, or at SIGTERM; what is under way then is
// brought to its end. The same bytes go to another node when one does not answer. FILE holds a line
// for each transaction that a node called committed: id, commitment, issuer index, height. It is
// written before the transaction counts. The other FILE holds a line for each too: the milliseconds
// from its making to that word.
//
// --verify reads every block of every node: the nodes agree on each height that all have, what a
// block carries is what its header commits to, each block follows the one before, no transaction id
// occurs twice, and each acknowledged commitment is in exactly one slot, under its own index, at
// every node.
//
// Both print one JSON object. Exit code 1: something is wrong; it is listed under "problems".
#include <grpcpp/grpcpp.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "common/check.h"
#include "common/clock.h"
#include "ledger/header.h"
#include "ledger/tx/build.h"
#include "testamur/v1/ledger_service.grpc.pb.h"
#include "testamur/v1/registry_service.grpc.pb.h"
#include "testamur/v1/verify_service.grpc.pb.h"
#include "tests/support/plain_key_file.h"

namespace testamur {
namespace {

namespace tx = ledger::tx;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
using std::chrono::milliseconds;

constexpr milliseconds kSubmitDeadline{1'000};
constexpr milliseconds kAwaitDeadline{3'000};
constexpr milliseconds kPause{50};
constexpr milliseconds kDrain{60'000};  // after the end, for what is under way
constexpr milliseconds kReadDeadline{60'000};
constexpr std::size_t kProblemsShown = 20;

struct Arguments {
  std::vector<std::string> endpoints;
  std::string keys, log, verify, latencies;
  InstitutionId institution;
  ChainId chain;
  std::uint64_t rate = 200, count = 1'000'000, seconds = 600, first_index = 0;
  std::size_t threads = 8;
};

Arguments parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];

  const auto number = [&](const char* name, std::uint64_t standard) {
    return given.contains(name) ? std::stoull(given[name]) : standard;
  };

  Arguments arguments;
  std::istringstream list(given["--endpoints"]);
  for (std::string endpoint; std::getline(list, endpoint, ',');)
    arguments.endpoints.push_back(endpoint);

  arguments.keys = given["--keys"];
  arguments.log = given["--log"];
  arguments.verify = given["--verify"];
  arguments.latencies = given["--latencies"];
  arguments.institution = parse_institution_id(given["--institution"]).value();
  arguments.chain = parse_chain_id(given["--chain"]).value();
  arguments.rate = std::max<std::uint64_t>(number("--rate", arguments.rate), 1);
  arguments.count = number("--count", arguments.count);
  arguments.seconds = number("--seconds", arguments.seconds);
  arguments.threads = std::max<std::size_t>(number("--threads", arguments.threads), 1);
  arguments.first_index = number("--first-index", 0);

  TM_CHECK(!arguments.endpoints.empty(), "--endpoints is missing");
  return arguments;
}

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }
std::string hex_of(const std::string& bytes) { return to_hex(as_bytes(bytes)); }

struct Node {
  std::string endpoint;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::LedgerService::Stub> ledger;
};

std::vector<Node> connect(const std::vector<std::string>& endpoints) {
  grpc::ChannelArguments options;
  options.SetMaxReceiveMessageSize(64 << 20);
  options.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  options.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  std::vector<Node> nodes;
  for (const auto& endpoint : endpoints) {
    auto channel = grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), options);
    auto stub = v1::LedgerService::NewStub(channel);
    nodes.push_back({endpoint, std::move(channel), std::move(stub)});
  }
  return nodes;
}

void limit(grpc::ClientContext& context, milliseconds duration) {
  context.set_deadline(std::chrono::system_clock::now() + duration);
}

// By a rule of the ledger, not for lack of a node.
bool is_refused(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::INVALID_ARGUMENT ||
         status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
}

struct Signed {
  TransactionId id;
  std::string bytes;
  Hash256 commitment;
  std::uint64_t index = 0;
  Clock::time_point made;
};

// What everybody found to be wrong.
class Problems {
 public:
  void add(std::string problem) {
    std::lock_guard held(mutex_);
    if (all_.size() < kProblemsShown) all_.push_back(std::move(problem));
    ++count_;
  }
  std::size_t count() const { return count_; }
  Json json() const { return all_; }

 private:
  std::mutex mutex_;
  std::vector<std::string> all_;
  std::size_t count_ = 0;
};

class Load {
 public:
  explicit Load(const Arguments& arguments)
      : arguments_(arguments),
        issue_key_(test::read_plain_key(arguments.keys, "issue")),
        nodes_(connect(arguments.endpoints)) {
    log_.open(arguments.log, std::ios::app);
    TM_CHECK(log_.is_open(), "cannot write", arguments.log);
    if (!arguments.latencies.empty()) latencies_.open(arguments.latencies, std::ios::app);
    publish_achievement(test::read_plain_key(arguments.keys, "govern"));
    next_index_ = arguments.first_index != 0 ? arguments.first_index : first_free_index();
  }

  // Returns when the last thread is done. stop() may come from any thread.
  int run() {
    start_ = Clock::now();

    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < arguments_.threads; ++i)
      threads.emplace_back([this, i] { work(i); });
    for (auto& thread : threads) thread.join();

    std::cout << Json{{"acknowledged", acknowledged_.load()},
                      {"sent_again", sent_again_.load()},
                      {"open", open_.load()},
                      {"p50_ms", percentile_ms(500)},
                      {"p99_ms", percentile_ms(990)},
                      {"worst_ms", percentile_ms(1000)},
                      {"seconds", std::chrono::duration<double>(Clock::now() - start_).count()},
                      {"problems", problems_.json()}}
                     .dump()
              << "\n";

    return problems_.count() == 0 ? 0 : 1;
  }

  void stop() {
    std::lock_guard held(mutex_);
    stopping_ = true;
    stopped_at_ = Clock::now();
    wake_.notify_all();
  }

 private:
  // True when there is something to wait for no longer.
  bool pause_until(Clock::time_point time) {
    std::unique_lock held(mutex_);
    wake_.wait_until(held, time, [this] { return stopping_; });
    return stopping_;
  }

  void work(std::size_t thread) {
    const auto end = start_ + std::chrono::seconds(arguments_.seconds);
    for (std::size_t node = thread;; ++node) {
      const std::uint64_t turn = turns_++;
      const auto due = start_ + std::chrono::microseconds(1'000'000 * turn / arguments_.rate);
      if (turn >= arguments_.count || due >= end || pause_until(due)) return;
      bring_to_end(issue(), node);
    }
  }

  // The same bytes to one node after another until one says committed.
  void bring_to_end(const Signed& one, std::size_t first_node) {
    ++open_;
    const auto begun = Clock::now();

    for (std::size_t attempt = 0;; ++attempt) {
      if (attempt > 0) ++sent_again_;
      if (attempt_at(nodes_[(first_node + attempt) % nodes_.size()], one)) break;
      const bool stopping = pause_until(Clock::now() + kPause);

      // After the end of the load, a transaction may still take kDrain; what is not committed by
      // then is a failure.
      std::unique_lock held(mutex_);
      if (stopping && Clock::now() > stopped_at_ + kDrain) {
        held.unlock();
        problems_.add("not committed in the end: " + one.id.hex());
        return;
      }
      if (stopping) wake_.wait_for(held, kPause, [] { return false; });
    }

    --open_;
    std::lock_guard held(log_mutex_);
    latencies_ms_.push_back(
        std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
  }

  // So many of a thousand took at most this long, from the first submission to the acknowledgement.
  double percentile_ms(std::size_t per_mille) {
    if (latencies_ms_.empty()) return 0;
    std::sort(latencies_ms_.begin(), latencies_ms_.end());
    return latencies_ms_[std::min(latencies_ms_.size() - 1,
                                  latencies_ms_.size() * per_mille / 1000)];
  }

  // Whether the transaction has ended.
  bool attempt_at(Node& node, const Signed& one) {
    v1::SubmitRequest request;
    request.set_transaction(one.bytes);
    v1::SubmitResponse taken;
    grpc::ClientContext submitting;
    submitting.set_wait_for_ready(
        true);  // a call that fails at once leaves nobody to drive the new connection
    limit(submitting, kSubmitDeadline);
    const auto status = node.ledger->Submit(&submitting, request, &taken);

    if (is_refused(status)) {
      problems_.add("refused at " + node.endpoint + ": " + one.id.hex() + " " +
                    status.error_message());
      return true;
    }

    if (!status.ok()) return false;

    if (taken.id() != text(one.id.view()))
      problems_.add("another id at " + node.endpoint + ": " + one.id.hex());
    if (taken.state() == v1::TRANSACTION_STATE_COMMITTED)
      return acknowledge(one, taken.committed().height());

    return await(node, one);
  }

  bool await(Node& node, const Signed& one) {
    v1::AwaitCommitRequest request;
    request.set_id(text(one.id.view()));
    v1::AwaitCommitResponse response;
    grpc::ClientContext context;
    limit(context, kAwaitDeadline);
    if (!node.ledger->AwaitCommit(&context, request, &response).ok()) return false;

    const auto& outcome = response.outcome();
    switch (outcome.state()) {
      case v1::TRANSACTION_STATE_COMMITTED: return acknowledge(one, outcome.committed().height());
      case v1::TRANSACTION_STATE_REJECTED:
      case v1::TRANSACTION_STATE_EXPIRED:
        problems_.add("rejected at " + node.endpoint + ": " + one.id.hex() + " " +
                      outcome.message());
        return true;
      default: return false;
    }
  }

  bool acknowledge(const Signed& one, std::uint64_t height) {
    std::lock_guard held(log_mutex_);
    log_ << one.id.hex() << ' ' << one.commitment.hex() << ' ' << one.index << ' ' << height
         << std::endl;
    TM_CHECK(log_.good(), "cannot write", arguments_.log);
    if (latencies_.is_open()) {
      latencies_ << std::chrono::duration<double, std::milli>(Clock::now() - one.made).count()
                 << std::endl;
    }
    ++acknowledged_;
    return true;
  }

  tx::Envelope envelope() const {
    return {arguments_.chain, arguments_.institution, random_fixed<tx::Nonce>(),
            SystemClock{}.now_ms() + 30 * 60 * 1000};
  }

  Signed issue() {
    const std::uint64_t index = next_index_++;
    const auto commitment = random_fixed<Hash256>();
    const tx::IssueListedContent content{achievement_, IssuerIndex{index}, {commitment}};
    const auto built = std::get<tx::UnsignedTransaction>(tx::build(envelope(), content));
    const auto made = Clock::now();
    return {built.id, text(tx::attach_signed(built, KeyPurpose::kIssue, issue_key_)), commitment,
            index, made};
  }

  void publish_achievement(const SecretKey& govern_key) {
    tx::AchievementContent content;
    content.number = 900'000 + static_cast<std::uint32_t>(SystemClock{}.now_ms() % 90'000);
    content.version = 1;
    content.titles = {{"en", "Endurance"}};
    content.award_kind = tx::AwardKind::kSkill;
    achievement_ = {arguments_.institution, content.number, 1};
    const auto built = std::get<tx::UnsignedTransaction>(tx::build(envelope(), content));
    v1::SubmitRequest request;
    request.set_transaction(text(tx::attach_signed(built, KeyPurpose::kGovern, govern_key)));
    const auto deadline = Clock::now() + kDrain;
    bool committed = false;
    for (std::size_t turn = 0; !committed && Clock::now() < deadline; ++turn) {
      committed = ask_for(nodes_[turn % nodes_.size()], request) == Answer::kCommitted;
    }
    TM_CHECK(committed, "the achievement was not committed");
    // A node that has not taken in that block yet refuses what names the achievement.
    for (auto& node : nodes_) {
      auto answer = Answer::kPending;
      while (answer == Answer::kPending && Clock::now() < deadline) answer = ask_for(node, request);
      TM_CHECK(answer != Answer::kPending, "the achievement does not arrive at", node.endpoint);
    }
  }

  enum class Answer { kCommitted, kPending, kUnreachable };
  Answer ask_for(Node& node, const v1::SubmitRequest& request) {
    grpc::ClientContext context;
    limit(context, kSubmitDeadline);
    v1::SubmitResponse response;
    const auto status = node.ledger->Submit(&context, request, &response);
    if (response.state() == v1::TRANSACTION_STATE_COMMITTED) return Answer::kCommitted;
    TM_CHECK(!is_refused(status), "refused:", status.error_message());
    pause_until(Clock::now() + kPause);
    return status.error_code() == grpc::StatusCode::UNAVAILABLE ? Answer::kUnreachable
                                                                : Answer::kPending;
  }

  std::uint64_t first_free_index() {
    auto stub = v1::RegistryService::NewStub(nodes_[0].channel);
    v1::GetIssuerIndexesRequest request;
    request.set_issuer_id(text(arguments_.institution.view()));
    grpc::ClientContext context;
    limit(context, kSubmitDeadline);
    v1::GetIssuerIndexesResponse response;
    TM_CHECK(stub->GetIssuerIndexes(&context, request, &response).ok(), "no answer at",
             nodes_[0].endpoint);
    return std::max<std::uint64_t>(response.next_free(), 1);
  }

  const Arguments& arguments_;
  SecretKey issue_key_;
  std::vector<Node> nodes_;
  AchievementId achievement_;
  Clock::time_point start_;
  std::atomic<std::uint64_t> next_index_{1}, turns_{0}, acknowledged_{0}, sent_again_{0}, open_{0};
  Problems problems_;
  std::mutex log_mutex_;
  std::ofstream log_, latencies_;
  std::vector<double> latencies_ms_;  // under log_mutex_, as the log is
  std::mutex mutex_;                  // guards the two below
  bool stopping_ = false;
  Clock::time_point stopped_at_;
  std::condition_variable wake_;
};

struct Acknowledged {
  std::string id, commitment;
  std::uint64_t index = 0;
};

// In hexadecimal digits, in its text form, or "-" where it is not known.
std::string transaction_of(const std::string& id) {
  if (id == "-") return {};
  const auto digits = from_hex(id);
  return text(digits ? ByteView(*digits) : parse_transaction_id(id).value().view());
}

std::vector<Acknowledged> read_log(const std::string& path) {
  std::ifstream file(path);
  TM_CHECK(file.is_open(), "cannot read", path);
  std::vector<Acknowledged> all;
  std::string id;
  std::string commitment;
  std::uint64_t index = 0;
  std::uint64_t height = 0;
  while (file >> id >> commitment >> index >> height) {
    all.push_back({transaction_of(id), text(*from_hex(commitment)), index});
  }
  return all;
}

// What must be equal at all nodes, by height.
using History = std::map<std::uint64_t, std::string>;

class Verification {
 public:
  explicit Verification(const Arguments& arguments)
      : arguments_(arguments),
        acknowledged_(read_log(arguments.verify)),
        nodes_(connect(arguments.endpoints)) {}

  int run() {
    Json nodes = Json::array();
    std::vector<History> histories;

    for (auto& node : nodes_) {
      std::map<std::string, std::size_t> occurrences;
      histories.push_back(read_blocks(node, occurrences));
      check_ids(node, occurrences);
      check_commitments(node);

      const auto& history = histories.back();
      nodes.push_back(Json{{"endpoint", node.endpoint},
                           {"height", history.empty() ? 0 : history.rbegin()->first},
                           {"head", history.empty() ? "" : history.rbegin()->second},
                           {"transactions", occurrences.size()}});
    }

    const std::uint64_t common = compare(histories);
    std::cout << Json{{"acknowledged", acknowledged_.size()},
                      {"common_height", common},
                      {"nodes", nodes},
                      {"problem_count", problems_.count()},
                      {"problems", problems_.json()}}
                     .dump()
              << "\n";
    return problems_.count() == 0 ? 0 : 1;
  }

 private:
  History read_blocks(Node& node, std::map<std::string, std::size_t>& occurrences) {
    v1::StreamBlocksRequest request;
    request.set_with_transactions(true);
    request.set_stop_at_head(true);
    grpc::ClientContext context;
    limit(context, kReadDeadline);
    auto stream = node.ledger->StreamBlocks(&context, request);
    v1::StreamBlocksResponse block;
    History history;
    std::string parent;

    while (stream->Read(&block)) {
      check_header(node, block, parent);
      parent = block.checkpoint().block_id();
      const auto& point = block.checkpoint();
      history[point.height()] =
          hex_of(point.block_id()) + " log " + std::to_string(point.log_size()) + " " +
          hex_of(point.log_root()) + " pages " + std::to_string(point.page_count()) + " " +
          hex_of(point.page_root()) + " registry " + hex_of(point.registry_root());

      for (const auto& carried : block.transactions()) {
        auto decoded = tx::decode(arguments_.chain, to_bytes(as_bytes(carried)));
        TM_CHECK(std::holds_alternative<tx::SharedTransaction>(decoded),
                 "a block holds what cannot be decoded");
        ++occurrences[text(std::get<tx::SharedTransaction>(decoded)->id().view())];
      }
    }

    const auto status = stream->Finish();
    if (!status.ok()) problems_.add("blocks of " + node.endpoint + ": " + status.error_message());
    return history;
  }

  // Of one block: `parent` is the id of the block before, empty at the first.
  void check_header(const Node& node, const v1::StreamBlocksResponse& block,
                    const std::string& parent) {
    const auto bytes = as_bytes(block.checkpoint().header());
    const auto header = ledger::decode_header(bytes);
    const std::string where =
        "height " + std::to_string(block.checkpoint().height()) + " at " + node.endpoint;

    if (!header.ok() || text(ledger::block_id(bytes).view()) != block.checkpoint().block_id()) {
      problems_.add("another header than the block id names: " + where);
      return;
    }

    std::vector<ByteView> carried;
    for (const auto& each : block.transactions()) carried.push_back(as_bytes(each));
    if (ledger::payload_digest(carried) != header->payload_digest)
      problems_.add("transactions that the header does not commit to: " + where);

    if (!parent.empty() && text(header->parent.view()) != parent)
      problems_.add("does not follow its parent: " + where);
  }

  void check_ids(const Node& node, const std::map<std::string, std::size_t>& occurrences) {
    for (const auto& [id, count] : occurrences) {
      if (count > 1)
        problems_.add("committed " + std::to_string(count) + " times at " + node.endpoint + ": " +
                      hex_of(id));
    }
    for (const auto& one : acknowledged_) {
      if (!one.id.empty() && !occurrences.contains(one.id))
        problems_.add("acknowledged and lost at " + node.endpoint + ": " + hex_of(one.id));
    }
  }

  void check_commitments(Node& node) {
    constexpr std::size_t kAtOnce = 1'000;
    auto stub = v1::VerifyService::NewStub(node.channel);

    for (std::size_t from = 0; from < acknowledged_.size(); from += kAtOnce) {
      const std::size_t to = std::min(acknowledged_.size(), from + kAtOnce);
      std::string joined;
      for (std::size_t i = from; i < to; ++i) joined += acknowledged_[i].commitment;

      v1::CheckBulkRequest request;
      request.set_commitments(joined);
      request.mutable_options()->set_omit_decisions(true);
      grpc::ClientContext context;
      limit(context, kReadDeadline);
      v1::CheckBulkResponse response;
      const auto status = stub->CheckBulk(&context, request, &response);

      if (!status.ok() || static_cast<std::size_t>(response.verdicts_size()) != to - from) {
        problems_.add("no answer from " + node.endpoint + ": " + status.error_message());
        return;
      }

      for (std::size_t i = from; i < to; ++i)
        check_verdict(node, acknowledged_[i], response, static_cast<int>(i - from));
    }
  }

  void check_verdict(const Node& node, const Acknowledged& one,
                     const v1::CheckBulkResponse& response, int at) {
    const auto& verdict = response.verdicts(at);
    const bool once = verdict.finding() == v1::FINDING_FOUND && verdict.slots_size() == 1;
    if (!once) {
      problems_.add("in " + std::to_string(verdict.slots_size()) + " slots at " + node.endpoint +
                    ": " + hex_of(one.commitment));
      return;
    }
    const auto& slot = verdict.slots(0);
    const auto& issuer = response.issuers(static_cast<int>(slot.issuer())).id();
    if (slot.issuer_index() != one.index || issuer != text(arguments_.institution.view()))
      problems_.add("in another slot at " + node.endpoint + ": " + hex_of(one.commitment));
  }

  // The last height that all have; they must agree on each up to there.
  std::uint64_t compare(const std::vector<History>& histories) {
    std::uint64_t common = ~std::uint64_t{0};
    for (const auto& history : histories)
      common = std::min(common, history.empty() ? 0 : history.rbegin()->first);

    for (std::uint64_t height = 1; height <= common; ++height) {
      for (std::size_t i = 0; i < histories.size(); ++i) {
        const auto found = histories[i].find(height);
        const auto first = histories[0].find(height);
        const bool both = found != histories[i].end() && first != histories[0].end();
        if (!both || found->second != first->second)
          problems_.add("height " + std::to_string(height) + " differs at " + nodes_[i].endpoint);
      }
    }

    return common;
  }

  const Arguments& arguments_;
  std::vector<Acknowledged> acknowledged_;
  std::vector<Node> nodes_;
  Problems problems_;
};

int run_load(const Arguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals,
                  nullptr);  // before any thread starts: only the one below takes them

  Load load(arguments);
  std::thread waiter([&] {
    int signal = 0;
    sigwait(&signals, &signal);
    load.stop();
  });

  const int code = load.run();

  // sigwait() returns for a signal only.
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
  return code;
}

}  // namespace
}  // namespace testamur

int main(int argc, char** argv) {
  const auto arguments = testamur::parse(argc, argv);
  if (!arguments.verify.empty()) return testamur::Verification(arguments).run();
  return testamur::run_load(arguments);
}
