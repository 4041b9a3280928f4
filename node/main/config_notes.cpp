#include "node/main/config_notes.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <memory>

#include "common/address.h"
#include "ledger/tx/records/institutions.h"
#include "node/config/genesis_file.h"
#include "node/config/minute_text.h"
#include "node/config/named_institutions.h"
#include "node/main/preflight.h"

namespace testamur::node {

namespace {

// Whether the file gives a key another value than its default: init writes all of them.
bool is_set(const NodeConfig& config, const std::string& key) {
  const auto found =
      std::ranges::find(config.values, key, &std::pair<std::string, std::string>::first);
  if (found == config.values.end()) return false;
  auto value = found->second;
  if (value.size() >= 2 && (value.front() == '"' || value.front() == '\''))
    value = value.substr(1, value.size() - 2);
  return value != default_of(key);
}

// What stands in the configuration and changes nothing.
void note_tls(std::vector<std::string>& notes, const NodeConfig& config) {
  const auto& api = config.api;
  if (api.tls == TlsMode::kOn) return;
  const bool off = api.tls == TlsMode::kOff;
  if (off && !is_loopback(api.listen)) {
    notes.push_back("api.tls is off, and api.listen = \"" + api.listen +
                    "\" is not this machine alone: what callers ask and are answered can be read "
                    "and changed on the way. Right only behind something that speaks TLS for the "
                    "node, on a network of its own");
  }
  if (!off && !is_loopback(api.listen)) return;
  const bool certificate = !api.certificate.empty();
  if (!certificate && api.private_key.empty()) return;
  notes.push_back(std::string(certificate ? "api.certificate" : "api.private_key") +
                  " is not used: " +
                  (off ? std::string("api.tls is off")
                       : "api.tls is auto, and api.listen = \"" + api.listen +
                             "\" is this machine. Callers speak without TLS; api.tls = "
                             "\"on\" uses it"));
}

void note_policy(std::vector<std::string>& notes, const NodeConfig& config) {
  const auto& policy = config.policy;
  if (policy.ceilings[0] == 0 && policy.threshold != 0) {
    notes.push_back(
        "policy.ceilings begins with 0: no chain of statements may carry anything, so that no "
        "other institution's award is accepted");
  }
  // What an institution says itself reaches the other at once, and chains of more statements are
  // closed.
  const auto most = std::min<std::uint64_t>(policy.ceilings[0], trust::kFullAmount);
  if (policy.ceilings[0] != 0 && policy.ceilings[1] == 0 && policy.threshold > most) {
    notes.push_back("policy.threshold = " + std::to_string(policy.threshold) +
                    " is more than can arrive: one statement carries " + std::to_string(most) +
                    " at most, and policy.ceilings let no longer chain carry anything. No other "
                    "institution's award is accepted");
  }
  if (policy.independent_paths == 0)
    notes.push_back("policy.independent_paths = 0 asks for no chain at all; 1 is the default");
  if (policy.independent_paths <= 1 && is_set(config, "policy.path_floor")) {
    notes.push_back(
        "policy.path_floor is not used: it counts where policy.independent_paths is 2 or more");
  }
  if (policy.vetoers.empty() && is_set(config, "policy.veto_quorum"))
    notes.push_back("policy.veto_quorum is not used: policy.vetoers names nobody");
  if (policy.local.empty() && is_set(config, "policy.salt"))
    notes.push_back("policy.salt is not used: there is no [[policy.statement]]");

  const auto& own = config.institution;
  if (own && std::ranges::find(policy.vetoers, *own) != policy.vetoers.end()) {
    notes.push_back(
        "policy.vetoers names this node's own institution, whose distrust blocks without it");
  }
}

bool is_own(const NodeConfig& config, const std::string& address) {
  const auto is = [&address](const std::string& listen) {
    return !listen.empty() && !check_ports_apart({{"a", listen}, {"b", address}}).ok();
  };
  // Where the node listens everywhere only its own port at this machine is certain.
  const auto peer = parse_host_port(address);
  if (!peer.ok() || !is_loopback_host(peer->host)) {
    return address == config.peer_listen || address == config.api.listen;
  }
  return is(config.peer_listen) || is(config.api.listen) || is(config.metrics_listen);
}

// Nobody else answers at the address of another, and nobody else is the node itself.
void note_peers(std::vector<std::string>& notes, const NodeConfig& config) {
  const auto begin = [](const PeerEntry& peer) {
    return "[[peer]] address = \"" + peer.address + "\" ";
  };
  const auto is_one_place = [](const PeerEntry& one, const PeerEntry& other) {
    return !check_ports_apart({{"", one.address}, {"", other.address}}).ok();
  };

  for (auto peer = config.peers.begin(); peer != config.peers.end(); ++peer) {
    if (is_own(config, peer->address)) {
      notes.push_back(begin(*peer) +
                      "is where this node itself listens: it would dial itself. Write where the "
                      "peer of " +
                      to_text(peer->institution) + " is reached, or take the entry out");
    } else if (peer->institution == config.institution && !config.consensus_key.empty()) {
      notes.push_back(begin(*peer) + "is that of " + to_text(peer->institution) +
                      ", this node's own institution: right only for a second node of it, which "
                      "has a transport key of its own. Else take the entry out");
    }

    const auto same = std::find_if(std::next(peer), config.peers.end(),
                                   [&](const auto& other) { return is_one_place(*peer, other); });
    if (same == config.peers.end()) continue;
    notes.push_back(
        begin(*peer) +
        (same->institution == peer->institution
             ? "is written twice: one entry is enough"
             : "is written for " + to_text(peer->institution) + " and for " +
                   to_text(same->institution) +
                   ": one node answers there, and the other is never reached. Write where it is"));
  }
}

// Who pins a key may think that no other one of the institution gets in.
void note_pins(std::vector<std::string>& notes, const NodeConfig& config) {
  if (std::ranges::none_of(config.peers, [](const auto& peer) { return peer.pin.has_value(); }))
    return;
  notes.push_back(
      "pin in [[peer]] says which key must answer where this node dials: who dials this node is "
      "admitted by the transport keys that the ledger lists, whatever is pinned");
}

}  // namespace

std::vector<std::string> notes_of(const NodeConfig& config) {
  std::vector<std::string> notes;
  note_tls(notes, config);
  note_policy(notes, config);
  note_peers(notes, config);
  note_pins(notes, config);
  const auto& own = config.institution;
  if (own &&
      std::ranges::find(config.decision_viewpoints, *own) != config.decision_viewpoints.end())
    notes.push_back(
        "decisions.viewpoints names this node's own institution, which has its table without it");
  return notes;
}

namespace {

// Whatever comes to an institution comes over those who trust it, a full statement of each.
void note_reach(std::vector<std::string>& notes, const trust::Policy& policy,
                std::uint64_t institutions) {
  const auto most =
      trust::kFullAmount * std::max<std::uint64_t>(institutions, 2) - trust::kFullAmount;
  if (policy.threshold <= most) return;
  notes.push_back("policy.threshold = " + std::to_string(policy.threshold) + " is more than the " +
                  std::to_string(institutions) +
                  " institutions of this ledger can give: " + std::to_string(trust::kFullAmount) +
                  " is one full statement. No other institution's award is accepted");
}

}  // namespace

std::vector<std::string> notes_of_institutions(const NodeConfig& config,
                                               const ledger::Genesis& genesis,
                                               const ledger::StateReader* state) {
  const auto known = [&](const InstitutionId& id) {
    if (state != nullptr) return ledger::tx::read_institution(*state, id).has_value();
    // The record of a recovery does not repeat who was there.
    return genesis.content.continues || is_founder(genesis, id);
  };

  std::vector<std::string> notes;
  if (config.institution && !known(*config.institution)) {
    notes.push_back("node.institution, " + to_text(*config.institution) +
                    ", is none that this ledger knows, as far as this node has it. Is " +
                    config.genesis.string() + " the record that was meant? A registration gives " +
                    "an id of its own: testamurd join --institution writes it");
  }
  if (config.peers.empty() && genesis.content.parties.size() > 1)
    notes.push_back(
        "no [[peer]] names another node: this one waits until others dial it. testamurd join "
        "--party FILE writes where they are reached");
  for (const auto& peer : config.peers) {
    if (peer.pin || known(peer.institution)) continue;
    notes.push_back("[[peer]] institution = \"" + to_text(peer.institution) +
                    "\" is none that this ledger knows, as far as this node has it: it is dialled "
                    "once it is registered");
  }
  note_reach(
      notes, config.policy,
      state != nullptr ? ledger::tx::institution_count(*state) : genesis.content.parties.size());
  for (const auto& named : named_institutions(config.policy, config.decision_viewpoints)) {
    if (!known(named.institution)) notes.push_back(unknown_note(named));
  }
  return notes;
}

std::vector<std::string> notes_of_names(const NodeConfig& config) {
  std::vector<std::string> notes;
  for (const auto& peer : config.peers) {
    const auto place = parse_host_port(peer.address);
    if (!place.ok()) continue;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failure = ::getaddrinfo(place->host.c_str(), place->port.c_str(), &hints, &found);
    if (failure == 0) ::freeaddrinfo(found);
    if (failure == 0) continue;
    notes.push_back("[[peer]] address = \"" + peer.address +
                    "\" names no machine that this one can find: " + ::gai_strerror(failure));
  }
  return notes;
}

std::string clock_note(std::uint64_t newest_block_ms, std::uint64_t now_ms) {
  // What validators tolerate of each other, and what no ledger with a heartbeat stands still.
  constexpr std::uint64_t kAheadMs = 10'000, kBehindMs = 90ull * 86'400'000;
  const auto places = "this machine's clock says " + minute_text(now_ms) +
                      ", and the newest block here is of " + minute_text(newest_block_ms);
  if (newest_block_ms > now_ms + kAheadMs)
    return places + ": the node waits with its votes until then. Set the clock (NTP)";
  if (now_ms > newest_block_ms + kBehindMs) {
    return places +
           ": where the clock is wrong set it (NTP) before the node runs. A block that is final "
           "with a wrong time stays, and no later one may have an earlier time";
  }
  return "";
}

}  // namespace testamur::node
