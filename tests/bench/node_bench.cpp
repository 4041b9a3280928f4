// Speed of real validators over gRPC, as one JSON object on standard output. `scripts/bench node`
// starts four nodes on this machine and runs it; nodes and this client share its processors.
//
//   node_bench --endpoints A,B,C,D --keys DIR --institution TMI --chain TMN [--rounds N]
//   [--transactions N] [--batches N]
//   With --rounds 0: commit_ms and the checks alone.
//
// tx_per_s          single-credential issue transactions, signed beforehand, submitted to all nodes
// in turn, until the last
//                   one is committed; every one is asked for at the end. Includes signature checks,
//                   fsync, network.
// hashes_per_s      the same with batches of 10,000 listed hashes
// commit_ms         one transaction at a time at an idle ledger, submit to committed: p50 and p99
// unary_checks_per_s, bulk_checks_per_s   by hash, decisions included, at one node
// limits            in the same run: two threads of BIP-340 verification divided by four; an empty
// gRPC echo
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "common/check.h"
#include "common/clock.h"
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

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Arguments {
  std::vector<std::string> endpoints;
  std::string keys;
  InstitutionId institution;
  ChainId chain;
  int rounds = 5;
  std::size_t transactions = 6'000;
  std::size_t batches = 20;
};

Arguments parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];

  for (const auto* name : {"--endpoints", "--keys", "--institution", "--chain"}) {
    if (!given[name].empty()) continue;
    std::fprintf(stderr, "node_bench: %s is missing: scripts/bench node gives all of them\n", name);
    std::exit(2);
  }

  Arguments arguments;
  std::istringstream list(given["--endpoints"]);
  for (std::string endpoint; std::getline(list, endpoint, ',');)
    arguments.endpoints.push_back(endpoint);

  arguments.keys = given["--keys"];
  arguments.institution = parse_institution_id(given["--institution"]).value();
  arguments.chain = parse_chain_id(given["--chain"]).value();

  if (given.contains("--rounds")) arguments.rounds = std::stoi(given["--rounds"]);
  if (given.contains("--transactions"))
    arguments.transactions = std::stoul(given["--transactions"]);
  if (given.contains("--batches")) arguments.batches = std::stoul(given["--batches"]);
  return arguments;
}

Json spread(std::vector<double> rounds) {
  std::ranges::sort(rounds);
  return Json{{"median", rounds[rounds.size() / 2]},
              {"min", rounds.front()},
              {"max", rounds.back()},
              {"rounds", rounds.size()}};
}

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

struct Signed {
  TransactionId id;
  std::string bytes;
};

class Bench {
 public:
  explicit Bench(Arguments arguments)
      : arguments_(std::move(arguments)),
        issue_key_(test::read_plain_key(arguments_.keys, "issue")),
        govern_key_(test::read_plain_key(arguments_.keys, "govern")) {
    grpc::ChannelArguments options;
    options.SetMaxReceiveMessageSize(64 << 20);
    for (const auto& endpoint : arguments_.endpoints) {
      channels_.push_back(
          grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), options));
      ledgers_.push_back(v1::LedgerService::NewStub(channels_.back()));
    }
    publish_achievement();
    next_index_ = first_free_index();
  }

  double transaction_round() {
    std::vector<Signed> all;
    all.reserve(arguments_.transactions);
    for (std::size_t i = 0; i < arguments_.transactions; ++i) all.push_back(issue(1));
    const auto start = Clock::now();
    submit_in_chunks(all, 200);
    await(all);
    return static_cast<double>(all.size()) / seconds_since(start);
  }

  double hash_round() {
    std::vector<Signed> all;
    for (std::size_t i = 0; i < arguments_.batches; ++i) all.push_back(issue(10'000));
    const auto start = Clock::now();
    submit_in_chunks(all, 1);
    await(all);
    return static_cast<double>(all.size() * 10'000) / seconds_since(start);
  }

  Json latencies(std::size_t count) {
    std::vector<double> times;

    for (std::size_t i = 0; i < count; ++i) {
      const std::vector<Signed> one{issue(1)};
      const auto start = Clock::now();
      submit_in_chunks(one, 1);
      await(one);
      times.push_back(seconds_since(start) * 1000);
    }

    std::ranges::sort(times);
    return Json{{"p50", times[times.size() / 2]},
                {"p99", times[times.size() * 99 / 100]},
                {"max", times.back()},
                {"count", count}};
  }

  double unary_checks(double seconds) {
    return run_threads(seconds, [&](int thread, std::size_t) {
      auto stub = v1::VerifyService::NewStub(channels_[0]);
      v1::CheckHashRequest request;
      request.set_commitment(text(known_[static_cast<std::size_t>(thread) % known_.size()].view()));
      request.mutable_options()->set_omit_paths(true);
      grpc::ClientContext context;
      v1::CheckHashResponse response;
      TM_CHECK(stub->CheckHash(&context, request, &response).ok() &&
               response.finding() == v1::FINDING_FOUND);
      return std::size_t{1};
    });
  }

  double bulk_checks(double seconds) {
    std::string joined;
    for (std::size_t i = 0; i < 1'000; ++i) joined += text(known_[i % known_.size()].view());
    return run_threads(seconds, [&](int, std::size_t) {
      auto stub = v1::VerifyService::NewStub(channels_[0]);
      v1::CheckBulkRequest request;
      request.set_commitments(joined);
      grpc::ClientContext context;
      v1::CheckBulkResponse response;
      TM_CHECK(stub->CheckBulk(&context, request, &response).ok() &&
               response.verdicts_size() == 1'000);
      return std::size_t{1'000};
    });
  }

 private:
  tx::Envelope envelope() {
    return {arguments_.chain, arguments_.institution, random_fixed<tx::Nonce>(),
            SystemClock{}.now_ms() + 30 * 60 * 1000};
  }

  void publish_achievement() {
    tx::AchievementContent content;
    content.number = 900'000 + static_cast<std::uint32_t>(SystemClock{}.now_ms() % 90'000);
    content.version = 1;
    content.titles = {{"en", "Benchmark"}};
    content.award_kind = tx::AwardKind::kSkill;
    achievement_ = {arguments_.institution, content.number, 1};
    const auto built = std::get<tx::UnsignedTransaction>(tx::build(envelope(), content));
    const std::vector<Signed> one{
        {built.id, text(tx::attach_signed(built, KeyPurpose::kGovern, govern_key_))}};
    submit_in_chunks(one, 1);
    await(one);
  }

  std::uint64_t first_free_index() {
    auto stub = v1::RegistryService::NewStub(channels_[0]);
    v1::GetIssuerIndexesRequest request;
    request.set_issuer_id(text(arguments_.institution.view()));
    grpc::ClientContext context;
    v1::GetIssuerIndexesResponse response;
    TM_CHECK(stub->GetIssuerIndexes(&context, request, &response).ok());
    return std::max<std::uint64_t>(response.next_free(), 1);
  }

  Signed issue(std::size_t count) {
    std::vector<Hash256> commitments;
    for (std::size_t i = 0; i < count; ++i) commitments.push_back(random_fixed<Hash256>());
    if (known_.size() < 4'096) known_.push_back(commitments.front());
    const tx::IssueListedContent content{achievement_, IssuerIndex{next_index_},
                                         std::move(commitments)};
    next_index_ += count;
    const auto built = std::get<tx::UnsignedTransaction>(tx::build(envelope(), content));
    return {built.id, text(tx::attach_signed(built, KeyPurpose::kIssue, issue_key_))};
  }

  // One thread a node; a full queue is waited out.
  void submit_in_chunks(const std::vector<Signed>& all, std::size_t chunk) {
    std::atomic<std::size_t> next{0};
    std::vector<std::thread> threads;
    for (auto& stub : ledgers_) {
      threads.emplace_back([&] {
        for (std::size_t from = next.fetch_add(chunk); from < all.size();
             from = next.fetch_add(chunk)) {
          submit_chunk(*stub, all, from, std::min(all.size(), from + chunk));
        }
      });
    }
    for (auto& thread : threads) thread.join();
  }

  void submit_chunk(v1::LedgerService::Stub& stub, const std::vector<Signed>& all, std::size_t from,
                    std::size_t to) {
    v1::SubmitManyRequest request;

    // The pool may be full: what was not taken is sent again, and nothing else may be refused.
    for (std::size_t i = from; i < to; ++i) request.add_transactions(all[i].bytes);

    while (true) {
      grpc::ClientContext context;
      v1::SubmitManyResponse response;
      const auto status = stub.SubmitMany(&context, request, &response);
      bool taken = status.ok();
      for (const auto& result : response.results()) {
        if (result.state() != v1::TRANSACTION_STATE_REJECTED) continue;
        TM_CHECK(result.error().number() == 0, result.message());
        taken = false;
      }

      if (taken) return;
      TM_CHECK(status.ok() || status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED,
               status.error_message());
      std::this_thread::yield();
    }
  }

  void await(const std::vector<Signed>& all) {
    v1::AwaitCommitsRequest request;
    for (const auto& each : all) request.add_ids(text(each.id.view()));

    grpc::ClientContext context;
    auto reader = ledgers_[0]->AwaitCommits(&context, request);
    v1::AwaitCommitsResponse response;
    std::size_t committed = 0;

    while (reader->Read(&response)) {
      TM_CHECK(response.outcome().state() == v1::TRANSACTION_STATE_COMMITTED,
               response.outcome().message());
      ++committed;
    }

    const auto status = reader->Finish();
    TM_CHECK(committed == all.size(), "committed", committed, "of", all.size(),
             status.error_message());
  }

  template <class Call>
  double run_threads(double seconds, Call call) {
    std::atomic<std::size_t> done{0};
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (int thread = 0; thread < 8; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; seconds_since(start) < seconds; ++i) done += call(thread, i);
      });
    }
    for (auto& thread : threads) thread.join();
    return static_cast<double>(done) / seconds_since(start);
  }

  Arguments arguments_;
  SecretKey issue_key_;
  SecretKey govern_key_;
  AchievementId achievement_;
  std::uint64_t next_index_ = 1;
  std::vector<Hash256> known_;
  std::vector<std::shared_ptr<grpc::Channel>> channels_;
  std::vector<std::unique_ptr<v1::LedgerService::Stub>> ledgers_;
};

// BIP-340 verifications a second of two threads, divided by the four nodes that must each verify.
double verify_limit(double seconds) {
  const SecretKey key = SecretKey::generate(SignatureAlgorithm::kBip340);
  const Hash256 message = sha256(as_bytes("limit"));
  const Signature signature = key.sign(message.view());

  std::atomic<std::size_t> done{0};
  const auto start = Clock::now();
  const auto work = [&] {
    while (seconds_since(start) < seconds) {
      for (int i = 0; i < 100; ++i)
        TM_CHECK(verify_bip340(key.public_key().bytes, message.view(), signature));
      done += 100;
    }
  };

  std::thread second(work);
  work();
  second.join();
  return static_cast<double>(done) / seconds_since(start) / 4;
}

// Empty unary calls a second against a server in this process that answers with an empty message.
double echo_limit(double seconds) {
  class Echo final : public v1::LedgerService::Service {
    grpc::Status GetTransaction(grpc::ServerContext*, const v1::GetTransactionRequest*,
                                v1::GetTransactionResponse*) override {
      return grpc::Status::OK;
    }
  } echo;

  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&echo);
  const auto server = builder.BuildAndStart();
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());

  std::atomic<std::size_t> done{0};
  std::vector<std::thread> threads;
  const auto start = Clock::now();
  for (int thread = 0; thread < 8; ++thread) {
    threads.emplace_back([&] {
      auto stub = v1::LedgerService::NewStub(channel);
      while (seconds_since(start) < seconds) {
        grpc::ClientContext context;
        v1::GetTransactionResponse response;
        TM_CHECK(stub->GetTransaction(&context, {}, &response).ok());
        ++done;
      }
    });
  }

  for (auto& thread : threads) thread.join();
  return static_cast<double>(done) / seconds_since(start);
}

template <class Round>
Json rounds_of(int count, Round round) {
  std::vector<double> results;
  for (int i = 0; i < count; ++i) results.push_back(round());
  return spread(results);
}

int run(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  Bench bench(arguments);
  Json out;

  const auto ratio = [&](const char* figure, const char* limit) {
    return out[figure]["median"].get<double>() / out["limits"][limit]["median"].get<double>();
  };

  out["commit_ms"] = bench.latencies(200);
  if (arguments.rounds > 0) {
    out["tx_per_s"] = rounds_of(arguments.rounds, [&] { return bench.transaction_round(); });
    out["hashes_per_s"] = rounds_of(arguments.rounds, [&] { return bench.hash_round(); });
    out["limits"]["verify_two_threads_over_four"] = rounds_of(3, [] { return verify_limit(1); });
    out["ratios"]["tx_to_verify_limit"] = ratio("tx_per_s", "verify_two_threads_over_four");
  }

  out["unary_checks_per_s"] = rounds_of(3, [&] { return bench.unary_checks(2); });
  out["bulk_checks_per_s"] = rounds_of(3, [&] { return bench.bulk_checks(2); });
  out["limits"]["echo_per_s"] = rounds_of(3, [] { return echo_limit(2); });
  out["ratios"]["unary_to_echo"] = ratio("unary_checks_per_s", "echo_per_s");

  std::printf("%s\n", out.dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace testamur

int main(int argc, char** argv) { return testamur::run(argc, argv); }
