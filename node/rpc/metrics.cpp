#include "node/rpc/metrics.h"

#include <array>
#include <cmath>
#include <cstdio>

namespace testamur::node {
namespace {

void add(std::vector<std::pair<std::string, double>>& out, const char* name,
         const Stopwatch& watch) {
  out.emplace_back(std::string("testamur_") + name + "_seconds_total",
                   static_cast<double>(watch.nanoseconds.value()) / 1e9);
  out.emplace_back(std::string("testamur_") + name + "_count_total",
                   static_cast<double>(watch.count.value()));
}
void add(std::vector<std::pair<std::string, double>>& out, const char* name, std::uint64_t value) {
  out.emplace_back(std::string("testamur_") + name, static_cast<double>(value));
}

}  // namespace

std::vector<std::pair<std::string, double>> metric_values(const ServiceContext& context) {
  std::vector<std::pair<std::string, double>> out;
  const auto& counters = context.counters;
  auto head = context.chain.head();
  auto now = context.clock.now_ms();

  add(out, "height", head->header.height.value);
  add(out, "status_age_ms", now > head->header.time_ms ? now - head->header.time_ms : 0);
  add(out, "log_size", head->header.roots.log_size);
  add(out, "page_count", head->header.roots.page_count);

  add(out, "build", counters.build);
  add(out, "validate", counters.validate);
  add(out, "decode", counters.decode);
  add(out, "verify", counters.verify);
  add(out, "journal_sync", counters.sync);
  add(out, "store_apply", counters.apply);
  add(out, "submit_check", counters.check);
  add(out, "consensus_message", counters.consensus);
  add(out, "encode", counters.encode);

  add(out, "verify_cached_total", counters.verify_cached.value());
  add(out, "journal_bytes_total", counters.sync_bytes.value());
  add(out, "frames_out_total", counters.frames_out.value());
  add(out, "frames_in_total", counters.frames_in.value());
  add(out, "bytes_out_total", counters.bytes_out.value());
  add(out, "transactions_submitted_total", counters.transactions_submitted.value());
  add(out, "transactions_refused_total", counters.transactions_refused.value());
  add(out, "transactions_from_peers_total", counters.transactions_from_peers.value());
  add(out, "transactions_committed_total", counters.transactions_committed.value());
  add(out, "transactions_rejected_total", counters.transactions_rejected.value());
  add(out, "transactions_expired_total", counters.transactions_expired.value());
  add(out, "commitments_listed_total", counters.commitments_listed.value());
  add(out, "blocks_committed_total", counters.blocks_committed.value());
  add(out, "blocks_built_total", counters.blocks_built.value());
  add(out, "commit_latency_ms_total", counters.commit_latency_ms.value());
  add(out, "commit_latency_count_total", counters.commit_latency_count.value());
  add(out, "misbehaviour_total", counters.misbehaviour.value());

  add(out, "votes", counters.votes.value());
  add(out, "evidence_held", context.evidence.size());
  add(out, "epoch", head->header.epoch.value);
  add(out, "validators", ledger::read_validators(*head->state).size());
  add(out, "protocol_version", head->header.protocol_version);
  add(out, "stopped_before_protocol", context.chain.stopped_before_protocol() ? 1 : 0);

  auto figures = context.store.figures();
  add(out, "store_live_bytes", figures.live_bytes);
  add(out, "index_entries_in_memory", figures.index_entries_in_memory);
  add(out, "index_runs", figures.index_runs);

  for (const auto& [limit, count] : context.overload.totals()) {
    add(out, ("refused_" + std::string(limit) + "_total").c_str(), count);
  }

  if (context.network != nullptr) {
    std::uint64_t connected = 0;
    for (const auto& peer : context.network->peers())
      connected += peer.state == net::PeerState::kConnected;
    add(out, "peers_connected", connected);

    const auto refused = context.network->refused();
    for (std::size_t i = 0; i < refused.size(); ++i) {
      const auto name =
          "peers_refused_" + std::string(to_text(static_cast<net::Refusal>(i))) + "_total";
      add(out, name.c_str(), refused[i]);
    }
  }

  return out;
}

std::string metrics_text(const ServiceContext& context) {
  std::string text;
  for (const auto& [name, value] : metric_values(context)) {
    // A count is told to its last figure, however large.
    std::array<char, 64> number{};
    std::snprintf(number.data(), number.size(), value == std::floor(value) ? "%.0f" : "%.9g",
                  value);
    text += "# TYPE " + name + (name.ends_with("_total") ? " counter\n" : " gauge\n");
    text += name + " " + number.data() + "\n";
  }
  return text;
}

}  // namespace testamur::node
