// A network of nodes that loses, repeats, delays and reorders. Delivers bytes by node number.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "common/bytes.h"
#include "consensus/values/message.h"
#include "node/net/frame.h"
#include "tests/sim/marks.h"
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

struct Packet {
  std::size_t from = 0;
  std::size_t to = 0;
  node::net::EncodedFrame bytes;  // as on the wire, length included
  // The connection that carries it; 0: whichever there is when it arrives.
  std::uint64_t link = 0;
};

// What is in a packet, for scenarios that look.
std::optional<consensus::Message> message_in(const Packet& packet);
std::optional<consensus::Vote> vote_in(const Packet& packet);
bool is_about(const Packet& packet, consensus::Act act);  // a vote or certificate
bool is_proposal(const Packet& packet);
bool is_transactions(const Packet& packet);
bool is_catch_up(const Packet& packet);  // a request for blocks, or the answer

class Network {
 public:
  using Deliver = std::function<void(const Packet&)>;
  // False drops the packet: for scenarios that need one message to go missing.
  using Filter = std::function<bool(const Packet&)>;
  // How long a packet takes, in microseconds, in place of the weather; nothing: it is lost.
  using Schedule = std::function<std::optional<std::uint64_t>(const Packet&)>;

  Network(Timeline& timeline, Random random, Marks& marks, Deliver deliver)
      : timeline_(timeline), random_(random), marks_(marks), deliver_(std::move(deliver)) {}

  void send(Packet packet);
  void set_weather(const Weather& weather) { weather_ = weather; }
  // Nothing gets from `from` to `to` while cut; one way.
  void cut(std::size_t from, std::size_t to, bool cut);
  void heal() { cuts_.clear(); }
  void set_filter(Filter filter) { filter_ = std::move(filter); }
  void set_schedule(Schedule schedule) { schedule_ = std::move(schedule); }
  std::uint64_t sent() const { return sent_; }

 private:
  std::uint64_t delay(const Packet& packet);
  void deliver_later(const Packet& packet, std::uint64_t delay_us);

  Timeline& timeline_;
  Random random_;
  Marks& marks_;
  Deliver deliver_;
  Filter filter_;
  Schedule schedule_;
  Weather weather_;
  std::set<std::pair<std::size_t, std::size_t>> cuts_;
  std::uint64_t sent_ = 0;
};

}  // namespace testamur::sim
