// Both sides of catching up. The fetcher asks one node at a time; every way in which a request ends
// (an answer, a timeout, the node gone) either shows new blocks or marks the node as exhausted, so
// the search ends when nobody has shown anything. Nothing that a peer claims is believed here: the
// engine checks the proof of what is delivered.
#include "node/chain/peers/catch_up.h"

#include <algorithm>
#include <utility>

#include "consensus/values/codec.h"
#include "ledger/header.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kAnswerTimeoutMs = 2'000;
constexpr std::uint32_t kBlocksARequest = 256;
constexpr std::size_t kResponseBytes = 2u << 20;
// Requests of one node that it may still answer. One that it refused is never answered; one that it
// serves late comes once for each, so whoever is asked again every two seconds is not blamed for
// answers of the last two minutes.
constexpr unsigned kMostUnanswered = 64;
constexpr std::uint64_t kPauseMs = 20;      // between two requests, so that refusals do not spin
constexpr std::uint64_t kTryAgainMs = 100;  // with nobody connected who could be asked

}  // namespace

void BlockFetcher::peer_down(const net::Origin& peer) {
  peers_.erase(peer.pin);
  if (asked_ == peer.pin) maybe_asked_ = std::exchange(asked_, std::nullopt);
  if (!peers_.empty()) rest_if_exhausted();
}

Height BlockFetcher::target() const {
  Height highest;
  for (const auto& [pin, peer] : peers_) highest = std::max(highest, peer.claim);
  return highest;
}

void BlockFetcher::want(Height committed, std::uint64_t now_ms) {
  if (!wanted_) {
    for (auto& [pin, peer] : peers_) peer.exhausted = false;
  }
  wanted_ = true;
  if (!asked_) ask_next(committed, now_ms);
}

// The connected node with the fewest failures that has not been asked in vain, after the one asked
// last.
void BlockFetcher::ask_next(Height committed, std::uint64_t now_ms) {
  asked_.reset();
  std::vector<net::Pin> order;
  for (auto peer = peers_.upper_bound(last_asked_); peer != peers_.end(); ++peer)
    order.push_back(peer->first);
  for (auto peer = peers_.begin(); peer != peers_.end() && !(last_asked_ < peer->first); ++peer) {
    order.push_back(peer->first);
  }
  std::erase_if(order, [this](const net::Pin& pin) { return peers_[pin].exhausted; });
  std::stable_sort(order.begin(), order.end(), [this](const net::Pin& a, const net::Pin& b) {
    return peers_[a].failures < peers_[b].failures;
  });

  asked_at_ms_ = now_ms;
  for (const auto& pin : order) {
    if (!hooks_.send(pin, net::BlockRequest{committed.next(), kBlocksARequest})) continue;
    auto& unanswered = peers_[pin].unanswered;
    unanswered = std::min(unanswered + 1, kMostUnanswered);
    asked_ = pin;
    last_asked_ = pin;
    return;
  }
}

void BlockFetcher::exhaust(const net::Pin& pin) {
  const auto found = peers_.find(pin);
  if (found == peers_.end()) return;
  found->second.claim = Height{};
  found->second.exhausted = true;
}

void BlockFetcher::fail(const net::Pin& pin) {
  const auto found = peers_.find(pin);
  if (found == peers_.end()) return;
  ++found->second.failures;
  exhaust(pin);
}

// Everybody was asked and nobody had more: whatever was said of further blocks is unproven, and no
// reason to go on.
void BlockFetcher::rest_if_exhausted() {
  wanted_ = wanted_ &&
            std::ranges::any_of(peers_, [](const auto& entry) { return !entry.second.exhausted; });
}

bool BlockFetcher::awaits(const net::Pin& pin) const {
  const auto found = peers_.find(pin);
  return found != peers_.end() && (found->second.unanswered > 0 || maybe_asked_ == pin);
}

// Answers come in the order of the requests: only the last one is that to the request under way.
bool BlockFetcher::count_answer(const net::Pin& pin, Peer& peer) {
  const bool before_this_connection = peer.unanswered == 0;
  if (before_this_connection) maybe_asked_.reset();
  const bool last_one = !before_this_connection && --peer.unanswered == 0;
  return asked_ == pin && last_one;
}

// Who has no more and says so was asked in vain, which is no failure: else a liar that claims much
// and gives a block now and then would be asked before all others.
void BlockFetcher::note_fruitless(const net::Pin& pin, const net::BlockResponse& response,
                                  Height committed) {
  const bool has_no_more = response.blocks.empty() && response.highest <= committed;
  if (has_no_more) {
    exhaust(pin);
  } else {
    fail(pin);
  }
  rest_if_exhausted();
}

bool BlockFetcher::on_response(const net::Origin& from, const net::BlockResponse& response,
                               Height committed) {
  const auto found = peers_.find(from.pin);
  if (!awaits(from.pin)) return false;
  const bool in_time = count_answer(from.pin, found->second);

  const auto last = response.first.value + response.blocks.size() - 1;
  const bool known_by_now = !response.blocks.empty() && last <= committed.value;
  if (in_time) asked_.reset();
  if (known_by_now) return false;

  const auto chain = chain_of(response);
  const bool continues = !response.blocks.empty() && response.first <= committed.next();
  if (!continues || !chain.ok() || !hooks_.deliver(*chain)) {
    note_fruitless(from.pin, response, committed);
    return false;
  }

  // Who was too late has failed, also when it brought something.
  for (auto& [pin, peer] : peers_) peer.exhausted = false;
  auto& peer = found->second;
  if (in_time) peer.failures = 0;
  if (asked_ == from.pin) asked_.reset();
  peer.claim = response.highest.value > last ? response.highest : Height{};
  wanted_ = peer.claim > committed || asked_;
  return true;
}

void BlockFetcher::on_tick(Height committed, std::uint64_t now_ms) {
  for (auto& [pin, peer] : peers_) {
    if (peer.claim <= committed) peer.claim = Height{};
  }
  if (asked_ && now_ms - asked_at_ms_ >= kAnswerTimeoutMs) {
    fail(*asked_);
    asked_.reset();
  }
  if (!peers_.empty() && !asked_) rest_if_exhausted();
  if (wanted_ && !asked_ && now_ms - asked_at_ms_ >= kPauseMs) ask_next(committed, now_ms);
}

std::optional<std::uint64_t> BlockFetcher::wake_at_ms() const {
  if (asked_) return asked_at_ms_ + kAnswerTimeoutMs;
  if (wanted_ && !peers_.empty()) return asked_at_ms_ + kTryAgainMs;
  return std::nullopt;
}

net::BlockResponse serve_blocks(const Snapshot& snapshot, const net::BlockRequest& request) {
  net::BlockResponse response;
  response.first = request.first;
  response.highest = snapshot.height().value_or(Height{});
  std::size_t size = 0;
  for (auto height = request.first;
       height <= response.highest && response.blocks.size() < request.count;
       height = height.next()) {
    auto header = snapshot.header(height);
    auto body = snapshot.body(height);
    if (!header || !body) break;
    size += header->size() + body->size();
    if (size > kResponseBytes && !response.blocks.empty()) break;
    // One epoch an answer: only its last block carries a proof, and the next epoch has another set.
    auto decoded = ledger::decode_header(*header);
    response.blocks.push_back({std::move(*header), std::move(*body), {}});
    if (decoded.ok() && decoded->seals_epoch()) break;
  }
  if (!response.blocks.empty()) {
    auto last = response.first + (response.blocks.size() - 1);
    response.blocks.back().certificate = snapshot.certificate(last).value_or(Bytes{});
  }
  return response;
}

Result<consensus::FinalizedChain> chain_of(const net::BlockResponse& response) {
  consensus::FinalizedChain chain;
  if (response.blocks.empty()) return chain;
  auto proof = consensus::decode_finality_proof(response.blocks.back().certificate);
  if (!proof) return error("the last block of an answer carries no proof of finality");
  chain.proof = std::move(*proof);
  for (const auto& block : response.blocks) {
    chain.blocks.push_back(
        {std::make_shared<const Bytes>(block.header), std::make_shared<const Bytes>(block.body)});
  }
  return chain;
}

}  // namespace testamur::node
