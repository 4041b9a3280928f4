// The status as an operator needs it: figures first, then obstacles, which are sentences that say
// why nothing moves and what to do, the most important first. The strand is asked once
// (ChainStatus); everything else is read from the last finalized state.
#include "node/rpc/node_status.h"

#include <algorithm>

#include "ledger/protocol.h"
#include "ledger/tx/records/publications.h"
#include "ledger/validators.h"
#include "node/api/tls_files.h"
#include "node/config/minute_text.h"
#include "node/config/named_institutions.h"

namespace testamur::node {
namespace {

constexpr std::int64_t kClockToleranceMs = 2'000;
constexpr std::int64_t kOwnClockToleranceMs = 10'000;  // what validators tolerate of each other
constexpr std::uint64_t kHourMs = 3'600'000;
constexpr std::uint64_t kDayMs = 24 * kHourMs;
constexpr auto kStatusAge = std::chrono::milliseconds(50);

v1::NodeRole role_of(consensus::VotingState state) {
  switch (state) {
    case consensus::VotingState::kObserver: return v1::NODE_ROLE_OBSERVER;
    case consensus::VotingState::kQuarantine: return v1::NODE_ROLE_QUARANTINED;
    // Who counts on its vote counts in vain, as in quarantine.
    case consensus::VotingState::kFloored: return v1::NODE_ROLE_QUARANTINED;
    default: return v1::NODE_ROLE_VALIDATOR;
  }
}

void fill_consensus(const ServiceContext& context, const Reader& reader, const ChainStatus& chain,
                    v1::ConsensusStatus& out) {
  const auto& engine = chain.engine;

  out.set_epoch(engine.epoch.value);
  out.set_view(engine.view.value);
  out.set_highest_notarized_view(engine.notarized_view.value);
  out.set_highest_finalized_view(engine.finalized_view.value);
  out.set_finalized_height(reader.head().header.height.value);
  out.set_validators(static_cast<std::uint32_t>(engine.validators));
  out.set_quorum(static_cast<std::uint32_t>(engine.quorum));

  const auto heard = std::ranges::count_if(engine.peers, [](const auto& peer) {
    return peer.self || (peer.heard_ms_ago && !peer.silent);
  });
  out.set_reachable(static_cast<std::uint32_t>(heard));
  out.set_pending(engine.pending);

  reader.fill_name(engine.leader, std::nullopt, *out.mutable_leader());

  auto now = context.clock.now_ms();
  if (chain.last_commit_ms != 0 && now > chain.last_commit_ms)
    out.set_since_last_finalized_ms(now - chain.last_commit_ms);
}

std::optional<std::int64_t> offset_of(const ChainStatus& chain, const InstitutionId& id) {
  for (const auto& [proposer, offset] : chain.clock_offsets_ms) {
    if (proposer == id) return offset;
  }
  return std::nullopt;
}

v1::PeerStatus& peer_of(v1::GetStatusResponse& out, const InstitutionId& id) {
  for (auto& peer : *out.mutable_peers()) {
    if (equal(as_bytes(peer.institution().id()), id.view())) return peer;
  }
  return *out.add_peers();
}

void fill_peers(const ServiceContext& context, const Reader& reader, const ChainStatus& chain,
                v1::GetStatusResponse& out) {
  for (const auto& heard : chain.engine.peers) {
    if (heard.self) continue;
    auto& peer = *out.add_peers();
    reader.fill_name(heard.id, std::nullopt, *peer.mutable_institution());
    peer.set_validator(true);
    if (heard.heard_ms_ago) peer.set_last_heard_ms_ago(*heard.heard_ms_ago);
    for (const auto& [id, height] : chain.peer_heights) {
      if (id == heard.id) peer.set_finalized_height(height.value);
    }
    if (auto offset = offset_of(chain, heard.id)) peer.set_clock_offset_ms(*offset);
  }

  if (context.network == nullptr) return;

  // Nodes of observers are only known by their connections.
  for (const auto& link : context.network->peers()) {
    auto& peer = peer_of(out, link.institution);
    if (peer.institution().id().empty())
      reader.fill_name(link.institution, std::nullopt, *peer.mutable_institution());
    peer.set_connected(peer.connected() || link.state == net::PeerState::kConnected);
    peer.set_address(link.address);
    if (link.state != net::PeerState::kConnected) peer.set_last_error(link.refused);
  }
}

std::string name_of(const v1::PeerStatus& peer) {
  return peer.institution().name_now().empty() ? peer.institution().id_text()
                                               : peer.institution().name_now();
}

// What the ledger has decided of protocol versions, and what this build knows.
void fill_protocol(const Reader& reader, v1::GetStatusResponse& out) {
  auto newest = ledger::newest_protocol_record(reader.state());
  out.set_newest_protocol(ledger::kNewestProtocol);
  if (newest.from <= reader.head().header.height) return;
  out.set_activating_protocol(newest.version);
  out.set_activation_height(newest.from.value);
}

void add_governance_obstacles(const ServiceContext& context, const Reader& reader,
                              const ChainStatus& chain, v1::GetStatusResponse& out) {
  if (auto stop = ledger::protocol_stop(reader.state())) {
    out.add_obstacles((chain.stopped_before_protocol ? "stopped: " : "upgrade this node: ") +
                      stop->text());
  }

  if (chain.engine.voting == consensus::VotingState::kObserver &&
      ledger::seat_of(reader.state(), context.self) && !chain.voting_key &&
      chain.catch_up_target <= reader.head().header.height) {
    if (const auto idle = idle_seat_obstacle(chain, context.self); !idle.empty())
      out.add_obstacles(idle);
  }

  for (const auto& seen : context.evidence.all()) {
    v1::InstitutionName name;
    reader.fill_name(seen.evidence.validator, std::nullopt, name);
    out.add_obstacles("misbehaviour: the consensus key of " +
                      (name.name_now().empty() ? name.id_text() : name.name_now()) + " " +
                      in_words(seen.evidence) + " (epoch " +
                      std::to_string(seen.evidence.first.epoch.value) + ", view " +
                      std::to_string(seen.evidence.first.view.value) +
                      "): it is stolen or copied; its institution must replace it");
  }
}

// Told first: a key that signs twice is worse than a ledger that waits.
void add_copied_keys(const ServiceContext& context, const Reader& reader, const ChainStatus& chain,
                     v1::GetStatusResponse& out) {
  for (const auto& two : chain.two_voters) {
    v1::InstitutionName name;
    reader.fill_name(two.institution, std::nullopt, name);
    out.add_obstacles(
        two_voters_obstacle(two, two.institution == context.self,
                            name.name_now().empty() ? name.id_text() : name.name_now()));
  }
}

// Who makes this node work for nothing, and what became of it.
void add_conduct_obstacles(const ServiceContext& context, const Reader& reader,
                           v1::GetStatusResponse& out) {
  if (context.network == nullptr) return;
  // A node does not dial itself, so that whoever shows its key is a second one that has it.
  if (const auto seen = context.network->inbound().own_key; seen != 0) {
    out.add_obstacles(
        "another node uses this node's transport key (" + std::to_string(seen) +
        " connections since start, last refusal " + context.network->inbound().last_refusal +
        "): find it and stop it, and replace the key; if it was copied, the consensus "
        "key may have been as well");
  }
  for (const auto& [institution, times, ms_ago] : context.network->inbound().displaced_at) {
    if (times < net::InboundCounters::kRivalTimes) continue;
    v1::InstitutionName name;
    reader.fill_name(institution, std::nullopt, name);
    out.add_obstacles("another node uses this node's transport key, as it seems: the node of " +
                      (name.name_now().empty() ? name.id_text() : name.name_now()) +
                      " ended the connection " + std::to_string(times) + " times in a row, last " +
                      std::to_string(ms_ago / 1000) +
                      " s ago, because another one with this key is in use there. This "
                      "folder was probably copied: find the other node and stop one of the two, "
                      "and replace the keys; the consensus key may have been copied as well");
  }
  for (const auto& peer : context.network->peers()) {
    if (peer.taken_over < net::InboundCounters::kRivalTimes) continue;
    v1::InstitutionName name;
    reader.fill_name(peer.institution, std::nullopt, name);
    out.add_obstacles("two nodes show one transport key of " +
                      (name.name_now().empty() ? name.id_text() : name.name_now()) +
                      ": each takes the other's place, last " +
                      std::to_string(peer.taken_ms_ago / 1000) + " s ago the one at " +
                      peer.address + " that of the one at " + peer.taken_from +
                      ". Its folder was copied: one of the two must be stopped, and where it is a "
                      "validator its consensus key replaced");
  }
  for (const auto& conduct : context.network->conduct()) {
    v1::InstitutionName name;
    reader.fill_name(conduct.institution, std::nullopt, name);
    out.add_obstacles(
        "refused of " + (name.name_now().empty() ? name.id_text() : name.name_now()) + ": " +
        std::to_string(conduct.refused) + " since start, last " + conduct.reason +
        (conduct.shut_out_ms == 0
             ? ""
             : "; disconnected for " + std::to_string(conduct.shut_out_ms / 1000 + 1) + " s"));
  }
}

// A block's time never goes back: behind one from the future every later one is from there too.
void add_clock_obstacle(std::uint64_t now_ms, const Reader& reader, v1::GetStatusResponse& out) {
  const auto block_ms = reader.head().header.time_ms;
  if (block_ms <= now_ms + kHourMs) return;
  out.add_obstacles("the newest block is " + span_text(block_ms - now_ms) +
                    " ahead of this clock: set the clock, or, where the genesis was given a wrong "
                    "time, expect nothing before then");
}

}  // namespace

std::string two_voters_obstacle(const VotingNodes::Two& two, bool own, const std::string& name) {
  const auto last = ", last " + std::to_string(two.ms_ago / 1000) + " s ago";
  if (own) {
    return "another node uses this node's consensus key: it votes with it, or asks what the key "
           "may have voted for" +
           last +
           ". Two nodes with one key sign twice: find the other node and stop it at once, and "
           "replace the key";
  }
  return "two nodes of " + name +
         " have its consensus key: one votes, and another votes or asks to, with another transport "
         "key" +
         last +
         ". Two nodes with one key sign twice: its institution must stop one of the two at once, "
         "and replace the key";
}

std::string own_clock_obstacle(const ChainStatus& chain) {
  // A block that comes late looks like one of a clock that is behind; most of them do not.
  std::vector<std::int64_t> offsets;
  for (const auto& [proposer, offset] : chain.clock_offsets_ms) offsets.push_back(offset);
  const auto others = std::max<std::size_t>(chain.engine.validators, 2) - 1;
  if (2 * offsets.size() <= others) return "";
  std::ranges::sort(offsets);
  // At least so far behind are more than half of all others.
  const auto middle = offsets[others / 2];
  if (middle >= -kOwnClockToleranceMs) return "";
  return "the clocks of most other validators are about " +
         span_text(static_cast<std::uint64_t>(-middle)) +
         " behind this machine's: its blocks wait with the others until then. Set this clock (NTP)";
}

namespace {

// An observer hears whoever it is connected with, and needs no more as long as blocks come.
bool follows_in_step(std::uint64_t heartbeat_ms, const v1::GetStatusResponse& out) {
  const auto block_ms = out.as_of().time_ms();
  return out.role() == v1::NODE_ROLE_OBSERVER &&
         out.catch_up_target_height() <= out.as_of().height() &&
         out.clock_ms() <= block_ms + 2 * heartbeat_ms;
}

void add_peer_obstacles(const ChainStatus& chain, bool in_step, v1::GetStatusResponse& out) {
  if (const auto own = own_clock_obstacle(chain); !own.empty()) out.add_obstacles(own);
  for (const auto& peer : out.peers()) {
    // Who has no address here dials this node, or is heard through the others.
    if (peer.validator() && !peer.connected() && (!in_step || !peer.address().empty())) {
      const auto reason = peer.address().empty()
                              ? "no [[peer]] names its address, and it has not dialled this node"
                              : peer.last_error();
      out.add_obstacles(name_of(peer) + " is not connected" +
                        (reason.empty() ? "" : ": " + reason));
    }

    const auto id = InstitutionId::from(as_bytes(peer.institution().id()));
    if (peer.connected() && id &&
        std::ranges::find(chain.idle_voters, *id) != chain.idle_voters.end()) {
      out.add_obstacles("the node of " + name_of(peer) +
                        " is connected, and no vote of it came with the last " +
                        std::to_string(VotingNodes::kIdleBlocks) +
                        " blocks: it may be in quarantine or not vote yet after it, without the "
                        "key of its seat, or slow. "
                        "Without its vote the ledger stands still sooner when others fail: ask its "
                        "operator");
    }

    if (peer.clock_offset_ms() > kClockToleranceMs) {
      out.add_obstacles("the clock of " + name_of(peer) + " is about " +
                        span_text(static_cast<std::uint64_t>(peer.clock_offset_ms())) +
                        " ahead of this machine's");
    }
  }
}

}  // namespace

// The answers that ended a quarantine have shown it already: below the floor nobody need be there.
std::string unshown_votes_refusal(const ShownVotes& shown) {
  const auto& engine = shown.chain.engine;
  if (engine.voting != consensus::VotingState::kQuarantine || engine.validators <= 1) return "";

  const auto from = std::to_string(shown.height.next().value);
  const std::string unchanged =
      ", and this node would vote from block " + from + " on: nothing was changed. ";
  const std::string remembers =
      shown.remembers_later ? "What lies beside the consensus key (.votes) says that the key has "
                              "voted with another vote store, or later than this one knows. "
                            : "";
  if (shown.connected_ms.empty()) {
    return "no other validator is connected that could show what the consensus key has voted for "
           "already" +
           unchanged + remembers +
           "This node's vote alone makes no block final. Start the others, or mend [[peer]], and "
           "give the command again where the ledger then stands still";
  }
  if (shown.chain.catch_up_target > shown.height) {
    return "this node is still catching up, with block " + std::to_string(shown.height.value) +
           " of " + std::to_string(shown.chain.catch_up_target.value) + unchanged + remembers +
           "Give the command again when it has them all (testamur node status)";
  }
  // f may lie, so that one more is asked; and f may connect anew without an end, so that no more
  // are.
  const auto needed = (engine.validators - 1) / 3 + 1;
  const auto had_time = static_cast<std::size_t>(std::ranges::count_if(
      shown.connected_ms, [](std::uint64_t ms) { return ms >= kShowsVotesMs; }));
  if (shown.connected_ms.size() < needed) {
    return "only " + std::to_string(shown.connected_ms.size()) + " of the " +
           std::to_string(engine.validators - 1) +
           " other validators could show what the consensus key has voted for already, and all "
           "of them may lie" +
           unchanged + remembers + "Start the others, or mend [[peer]]: " + std::to_string(needed) +
           " have to be connected";
  }
  if (had_time < needed) {
    return "the other validators were connected a moment ago and had no time yet to show what the "
           "consensus key has voted for already" +
           unchanged + remembers + "Give the command again in " +
           std::to_string(kShowsVotesMs / 1000) + " s";
  }
  return "";
}

std::string idle_seat_obstacle(const ChainStatus& chain, const InstitutionId& self) {
  const bool is_heard =
      std::ranges::any_of(chain.engine.peers, [&self](const consensus::PeerHeard& peer) {
        return peer.id == self && peer.heard_ms_ago && !peer.silent;
      });
  if (is_heard) return {};
  return "this institution is a validator, this node does not hold the consensus key that sits in "
         "the set, and none that this node is connected to votes with it: where no other node of "
         "the institution does, its vote is missing. Name the node that has the key in [[peer]] "
         "(testamurd join --party with its party.toml). Only where no other node has the key is it "
         "put here";
}

void fill_obstacles(const ChainStatus& chain, std::uint64_t heartbeat_ms,
                    v1::GetStatusResponse& out) {
  const auto& consensus = out.consensus();
  // A node that stopped has one obstacle, which is told already; the others follow from it.
  if (chain.stopped_before_protocol) return;
  const bool is_floored = chain.engine.voting == consensus::VotingState::kFloored;
  if (is_floored) {
    out.add_obstacles(consensus::below_floor_text(chain.engine.floor, chain.engine.view));
  } else if (out.role() == v1::NODE_ROLE_QUARANTINED) {
    out.add_obstacles(
        chain.engine.validators == 1
            ? "this node is in quarantine and the ledger's only validator: let a second node or an "
              "observer that has later blocks connect first; then only testamurd resume-voting "
              "ends it"
            : "this node is in quarantine: it votes when enough other validators have told it what "
              "it may have voted for");
  }

  // Not at once after a start: who has not been heard of yet is silent only after a while.
  const bool in_step = follows_in_step(heartbeat_ms, out);
  const auto silent = std::ranges::count_if(chain.engine.peers, &consensus::PeerHeard::silent);
  const auto audible = chain.engine.validators - static_cast<std::size_t>(silent);
  if (!in_step && audible < consensus.quorum()) {
    // What the others hear of one another is not known here: the ledger may go on without this
    // node.
    out.add_obstacles("this node hears only " + std::to_string(consensus.reachable()) + " of " +
                      std::to_string(consensus.validators()) + " validators" +
                      (chain.voting_key ? " (itself counted)" : "") + ", and " +
                      std::to_string(consensus.quorum()) +
                      " must agree: if the others hear no more, the ledger stands still until one "
                      "more returns; if they do, this node is cut off from them");
  }

  add_peer_obstacles(chain, in_step, out);

  if (out.catch_up_target_height() > out.as_of().height()) {
    out.add_obstacles("catching up: height " + std::to_string(out.as_of().height()) + " of " +
                      std::to_string(out.catch_up_target_height()));
  }

  // As long as nothing is pending, waiting is no obstacle; and nothing is told twice.
  const bool is_alone = chain.engine.validators == 1;
  const bool is_told = is_floored || (out.role() == v1::NODE_ROLE_QUARANTINED && is_alone);
  if (!in_step && !is_told && consensus.pending() && !chain.engine.waiting_for.empty()) {
    out.add_obstacles(chain.engine.waiting_for);
  }
}

namespace {

// Without a published one the node decides all the same; with another one somebody should know.
void fill_policy(const ServiceContext& context, const Reader& reader, v1::GetStatusResponse& out) {
  auto& policy = *out.mutable_policy();
  put(*policy.mutable_digest(), context.recognition.policy_digest());
  const auto published = ledger::tx::read_policy(reader.state(), context.self);
  if (!published) return;
  put(*policy.mutable_published_digest(), published->content.digest);
  policy.set_published_url(published->content.url);
  reader.fill_anchor(published->cause.log_index, *policy.mutable_published());
  policy.set_is_published(published->content.digest == context.recognition.policy_digest());
}

// A slip in an id has no other effect than that somebody's distrust, or trust, does not count.
void add_unknown_names(const ServiceContext& context, const Reader& reader,
                       v1::GetStatusResponse& out) {
  const auto& recognition = context.recognition;
  for (const auto& named : named_institutions(recognition.policy(), recognition.others())) {
    if (!reader.institution(named.institution)) out.add_obstacles(unknown_note(named));
  }
}

}  // namespace

void StatusBoard::ask(const std::function<void(const Copy&)>& callback) {
  Copy fresh;
  bool first = false;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->copy && std::chrono::steady_clock::now() - shared_->copied < kStatusAge) {
      fresh = shared_->copy;
    } else {
      first = shared_->waiting.empty();
      shared_->waiting.push_back(callback);
    }
  }
  if (fresh) return callback(fresh);
  if (!first) return;

  chain_.status([shared = shared_](const ChainStatus& status) {
    const auto copy = std::make_shared<const ChainStatus>(status);
    std::vector<std::function<void(const Copy&)>> waiting;
    {
      const std::lock_guard lock(shared->mutex);
      shared->copy = copy;
      shared->copied = std::chrono::steady_clock::now();
      waiting.swap(shared->waiting);
    }
    for (const auto& each : waiting) each(copy);
  });
}

void fill_status(const ServiceContext& context, const ChainStatus& chain,
                 v1::GetStatusResponse& out) {
  auto reader = context.reader();

  put(*out.mutable_chain_id(), context.genesis.chain);
  out.set_chain_id_text(to_text(context.genesis.chain));

  for (const auto& predecessor : reader.predecessors()) {
    auto& added = *out.add_continues();
    put(*added.mutable_chain_id(), predecessor.chain);
    added.set_chain_id_text(to_text(predecessor.chain));
    added.set_epoch(predecessor.epoch.value);
    added.set_height(predecessor.height.value);
    put(*added.mutable_block_id(), predecessor.block);
  }

  reader.fill_name(context.self, std::nullopt, *out.mutable_institution());
  out.set_software_version(context.software);
  out.set_protocol_version(reader.head().header.protocol_version);
  out.set_role(role_of(chain.engine.voting));

  auto now = context.clock.now_ms();
  out.set_uptime_ms(now > context.started_ms ? now - context.started_ms : 0);
  out.set_clock_ms(now);

  reader.fill(*out.mutable_as_of());
  fill_consensus(context, reader, chain, *out.mutable_consensus());

  auto& pool = *out.mutable_pool();
  pool.set_transactions(chain.pool_transactions);
  pool.set_size_bytes(chain.pool_bytes);
  pool.set_capacity_bytes(chain.pool_capacity_bytes);
  if (chain.oldest_arrival_ms && now > *chain.oldest_arrival_ms)
    pool.set_oldest_age_ms(now - *chain.oldest_arrival_ms);

  out.set_log_size(reader.head().header.roots.log_size);
  out.set_page_count(reader.head().header.roots.page_count);
  out.set_commitments(context.issued.of(reader));
  out.set_catch_up_target_height(chain.catch_up_target.value);

  fill_peers(context, reader, chain, out);
  fill_protocol(reader, out);
  out.set_evidence_seen(static_cast<std::uint32_t>(context.evidence.size()));

  if (chain.voting_key)
    out.set_consensus_key_id_text(to_text(key_id(KeyPurpose::kConsensus, *chain.voting_key)));

  // The order of these calls is the order of the obstacles.
  add_copied_keys(context, reader, chain, out);
  add_governance_obstacles(context, reader, chain, out);
  add_clock_obstacle(now, reader, out);
  fill_policy(context, reader, out);
  const auto parameters = ledger::read_parameters(reader.state());
  fill_obstacles(chain, parameters[ledger::Parameter::kHeartbeatMs], out);
  add_conduct_obstacles(context, reader, out);
  add_unknown_names(context, reader, out);
  if (const auto cause = context.keys.votes_not_noted(); !cause.empty()) {
    out.add_obstacles("what the consensus key has voted is not noted beside it: " + cause +
                      ". An earlier copy of the data would not be known as one");
  }

  if (const auto cause = context.log.failure(); !cause.empty())
    out.add_obstacles("the log cannot be written: " + cause);

  if (context.certificate_until_ms != 0 &&
      now + kCertificateNoticeMs > context.certificate_until_ms) {
    const auto days =
        (context.certificate_until_ms - std::min(now, context.certificate_until_ms)) / kDayMs;
    out.add_obstacles("the certificate of the API expires in " + std::to_string(days) +
                      " days: renew it and restart this node");
  }

  for (auto& obstacle : context.overload.obstacles(Overload::now_ms()))
    out.add_obstacles(std::move(obstacle));
}

}  // namespace testamur::node
