#include "tests/sim/strategies.h"

#include "tests/sim/adversary.h"

namespace testamur::sim {

namespace {

// Another strategy for each n views, the same one for all members.
const Strategy& of_the_turn(ColludingNode& self) {
  const auto& seats = self.adversary().seats(self);
  const std::uint64_t turn =
      self.adversary().heard().size() + self.head().height.value / seats.numbers.size();
  const std::uint64_t mixed = (turn + self.engine_epoch().value) * 0x9e3779b97f4a7c15U;
  const auto& all = strategies();
  return all[(mixed >> 32) % (all.size() - 1)];
}

Strategy mix() {
  Strategy mix{"mix", "another of these for every few views"};
  mix.broadcast = [](ColludingNode& self, const consensus::Message& message) {
    const auto& now = of_the_turn(self);
    now.broadcast ? now.broadcast(self, message) : self.say_to_all(message);
  };
  mix.send = [](ColludingNode& self, std::size_t to, const consensus::Message& message) {
    const auto& now = of_the_turn(self);
    now.send ? now.send(self, to, message) : self.say(to, message);
  };
  mix.hear = [](ColludingNode& self, std::size_t from, const consensus::Message& message) {
    const auto& now = of_the_turn(self);
    return !now.hear || now.hear(self, from, message);
  };
  mix.frame = [](ColludingNode& self, std::size_t to, const node::net::WireFrame& frame) {
    const auto& now = of_the_turn(self);
    return !now.frame || now.frame(self, to, frame);
  };
  mix.tick = [](ColludingNode& self) {
    const auto& now = of_the_turn(self);
    if (now.tick) now.tick(self);
  };
  return mix;
}

}  // namespace

const std::vector<Strategy>& strategies() {
  static const std::vector<Strategy> kAll = [] {
    std::vector<Strategy> all;
    for (auto part : {leading_strategies(), voting_strategies(), entering_strategies(),
                      answering_strategies()}) {
      for (auto& strategy : part) all.push_back(std::move(strategy));
    }
    all.push_back(mix());
    return all;
  }();
  return kAll;
}

const Strategy* find_strategy(const std::string& name) {
  static const Strategy kSilent{.name = "is-silent",
                                .what = "says nothing: what the others are measured against",
                                .silent = true};
  if (name == kSilent.name) return &kSilent;
  for (const auto& strategy : strategies()) {
    if (strategy.name == name) return &strategy;
  }
  return nullptr;
}

}  // namespace testamur::sim
