#include "node/chain/catch_up.h"

#include <algorithm>

#include "consensus/codec.h"
#include "ledger/header.h"

namespace testamur::node {
namespace {

constexpr std::uint64_t kAnswerTimeoutMs = 2'000;
constexpr std::uint32_t kBlocksARequest = 256;
constexpr std::size_t kResponseBytes = 2u << 20;

}  // namespace

void BlockFetcher::peer_down(const net::Origin& peer) {
  peers_.erase(peer.pin);
  if (asked_ == peer.pin) asked_.reset();
}

void BlockFetcher::want(Height committed, std::uint64_t now_ms) {
  wanted_ = true;
  if (!asked_) ask_next(committed, now_ms);
}

// The connected node with the fewest failures, after the one asked last.
void BlockFetcher::ask_next(Height committed, std::uint64_t now_ms) {
  asked_.reset();
  std::vector<net::Pin> order;
  for (auto peer = peers_.upper_bound(last_asked_); peer != peers_.end(); ++peer) order.push_back(peer->first);
  for (auto peer = peers_.begin(); peer != peers_.end() && !(last_asked_ < peer->first); ++peer) {
    order.push_back(peer->first);
  }
  std::stable_sort(order.begin(), order.end(),
                   [this](const net::Pin& a, const net::Pin& b) { return peers_[a] < peers_[b]; });
  for (const auto& pin : order) {
    if (!hooks_.send(pin, net::BlockRequest{committed.next(), kBlocksARequest})) continue;
    asked_ = pin;
    last_asked_ = pin;
    asked_at_ms_ = now_ms;
    return;
  }
}

bool BlockFetcher::on_response(const net::Origin& from, const net::BlockResponse& response, Height committed,
                               std::uint64_t now_ms) {
  if (asked_ != from.pin) return false;
  asked_.reset();
  target_ = std::max(target_, response.highest);
  auto chain = chain_of(response);
  if (!chain.ok() || response.first > committed.next() || chain->blocks.empty()) {
    ++peers_[from.pin];
    if (response.highest <= committed && target_ <= committed) {
      wanted_ = false;
      target_ = Height{};
    }
    return false;
  }
  peers_[from.pin] = 0;
  wanted_ = response.highest > response.first + (response.blocks.size() - 1);
  hooks_.deliver(*chain);
  (void)now_ms;
  return true;
}

void BlockFetcher::on_tick(Height committed, std::uint64_t now_ms) {
  if (target_ <= committed) target_ = Height{};
  if (asked_ && now_ms - asked_at_ms_ >= kAnswerTimeoutMs) {
    ++peers_[*asked_];
    asked_.reset();
  }
  if (wanted_ && !asked_ && now_ms - asked_at_ms_ >= 20) ask_next(committed, now_ms);
}

std::optional<std::uint64_t> BlockFetcher::wake_at_ms() const {
  if (asked_) return asked_at_ms_ + kAnswerTimeoutMs;
  if (wanted_) return asked_at_ms_ + 100;
  return std::nullopt;
}

net::BlockResponse serve_blocks(const Snapshot& snapshot, const net::BlockRequest& request) {
  net::BlockResponse response;
  response.first = request.first;
  response.highest = snapshot.height().value_or(Height{});
  std::size_t size = 0;
  for (auto height = request.first; height <= response.highest && response.blocks.size() < request.count;
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
    chain.blocks.push_back({std::make_shared<const Bytes>(block.header), std::make_shared<const Bytes>(block.body)});
  }
  return chain;
}

}  // namespace testamur::node
