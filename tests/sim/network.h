// A network of nodes that loses, repeats, delays and reorders. Delivers bytes by node number.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "common/bytes.h"
#include "tests/sim/random.h"
#include "tests/sim/timeline.h"

namespace testamur::sim {

struct Weather {
  std::uint64_t loss_per_mille = 0;
  std::uint64_t duplicate_per_mille = 0;
  std::uint64_t delay_us = 2'000;       // the least
  std::uint64_t jitter_us = 0;          // uniformly added
  std::uint64_t tail_per_mille = 0;     // so often a delay is multiplied by 2 to 200
  std::uint64_t corrupt_per_mille = 0;  // one byte is changed
  std::uint64_t us_per_byte = 0;        // how thin the links are
};

enum class Channel : std::uint8_t { kConsensus, kTransactions, kBlockRequest, kBlockResponse };

struct Packet {
  std::size_t from = 0;
  std::size_t to = 0;
  Channel channel = Channel::kConsensus;
  std::shared_ptr<const Bytes> bytes;
};

class Network {
 public:
  using Deliver = std::function<void(const Packet&)>;
  // False drops the packet: for scenarios that need one message to go missing.
  using Filter = std::function<bool(const Packet&)>;

  Network(Timeline& timeline, Random random, Deliver deliver)
      : timeline_(timeline), random_(random), deliver_(std::move(deliver)) {}

  void send(Packet packet);
  void set_weather(const Weather& weather) { weather_ = weather; }
  // Nothing gets from `from` to `to` while cut; one way.
  void cut(std::size_t from, std::size_t to, bool cut);
  void heal() { cuts_.clear(); }
  void set_filter(Filter filter) { filter_ = std::move(filter); }
  std::uint64_t sent() const { return sent_; }

 private:
  std::uint64_t delay(const Packet& packet);
  void deliver_later(const Packet& packet);

  Timeline& timeline_;
  Random random_;
  Deliver deliver_;
  Filter filter_;
  Weather weather_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  std::uint64_t sent_ = 0;
};

}  // namespace testamur::sim
