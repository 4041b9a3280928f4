// The engine knows time only from on_tick, and its driver ticks at wake_at_ms() and with events. So
// whatever a part waits for must be in that time: a timer that is missing there is a node that
// stands still until somebody speaks.
#include "consensus/engine.h"

#include "tests/consensus/harness.h"
#include "tests/sim/random.h"
#include "tests/support/catch.h"

namespace testamur::consensus {
namespace {

using harness::EngineHarness;

// What the engine has made of its events so far.
std::vector<std::size_t> effects_of(const EngineHarness& harness) {
  return {harness.sent.size(),      harness.builds.size(),    harness.written.size(),
          harness.validated.size(), harness.committed.size(), harness.abandoned.size(),
          harness.catch_ups,        harness.resends};
}

// One engine among others that say anything an honest or a lying validator can sign.
class History {
 public:
  explicit History(std::uint64_t seed) : random_(seed), bench_(4, random_.below(4)) {
    bench_.start(random_.chance(100));
    known_.push_back({BlockId{}, View{0}, Height{0}});
  }

  EngineHarness& harness() { return bench_; }

  void step() {
    switch (random_.below(9)) {
      case 0: return bench_.engine->on_pending_changed(random_.chance(500), random_.chance(200));
      case 1: return propose();
      case 2:
      case 3: return vote();
      case 4: return bench_.receive(other(), bench_.nullification(quorum(), view()));
      case 5: return bench_.sync();
      case 6: return ask();
      case 7: return claim();
      default: return build();
    }
  }

 private:
  struct Known {
    BlockId id;
    View view;
    Height height;
  };

  std::size_t other() { return (bench_.self + 1 + random_.below(3)) % 4; }
  View view() { return View{1 + random_.below(bench_.engine->status().view.value + 2)}; }
  std::vector<std::size_t> quorum() {
    const std::size_t without = random_.below(4);
    std::vector<std::size_t> signers;
    for (std::size_t i = 0; i < 4; ++i) {
      if (i != without) signers.push_back(i);
    }
    return signers;
  }

  // One block a view, on any block before it; what the driver says of it is anything but "invalid".
  void propose() {
    const View at = view();
    const Known& parent = known_[random_.below(known_.size())];
    if (parent.view >= at || made_.contains(at)) return;
    bench_.verdict = random_.chance(800) ? Verdict::kValid : Verdict::kNotYet;
    bench_.retry_at_ms = bench_.now + random_.below(500);
    const auto made = bench_.proposal(at, parent.view, parent.id, parent.height.next());
    made_.emplace(at, made);
    known_.push_back({EngineHarness::id_of(made), at, parent.height.next()});
    if (random_.chance(800)) bench_.receive(other(), made);
  }

  void vote() {
    const View at = view();
    const auto voter = other();
    const auto made = made_.find(at);
    if (made == made_.end() || random_.chance(200)) {
      return bench_.receive(voter, bench_.vote(voter, Act::kNullify, at));
    }
    const Act act = random_.chance(800) ? Act::kNotarize : Act::kFinalize;
    if (random_.chance(300))
      return bench_.receive(voter, bench_.certificate(quorum(), act, made->second));
    bench_.receive(voter, bench_.vote(voter, act, made->second));
  }

  void ask() {
    const auto from = other();
    if (random_.chance(500))
      return bench_.receive(from, CertificateRequest{Epoch{0}, view(), view()});
    bench_.receive(from, BlockRequest{Epoch{0}, view(), known_[random_.below(known_.size())].id});
  }

  void claim() {
    bench_.receive(other(), Presence{Epoch{0}, view(), View{0}, Height{random_.below(8)}});
  }

  void build() {
    if (!bench_.builds.empty()) bench_.build_now(random_.chance(300));
  }

  sim::Random random_;
  EngineHarness bench_;
  std::vector<Known> known_;
  std::map<View, Proposal> made_;
};

}  // namespace

TEST_CASE("between events an engine has nothing to do before the time that it names",
          "[consensus]") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    History history(seed);
    EngineHarness& harness = history.harness();
    for (int event = 0; event < 120; ++event) {
      history.step();

      // As a driver does it: the event, then a tick whenever the engine wants one.
      for (int turn = 0; turn < 3; ++turn) {
        const std::uint64_t wake_ms = harness.engine->wake_at_ms();
        REQUIRE(wake_ms > harness.now);
        if (wake_ms > harness.now + 1) {  // otherwise something is due already
          const auto before = effects_of(harness);
          harness.advance(wake_ms - 1 - harness.now);
          REQUIRE(effects_of(harness) == before);
        }
        harness.advance(1);
      }
    }
  }
}

}  // namespace testamur::consensus
