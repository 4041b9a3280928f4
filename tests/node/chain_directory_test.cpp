// The directory of peers follows what blocks change: after any history it says what reading the
// whole registry says.
#include <functional>
#include <map>
#include <set>

#include "common/keys.h"
#include "ledger/ledger_state.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/state_writer.h"
#include "node/chain/peers/peer_directory.h"
#include "tests/support/catch.h"

namespace testamur::node {
namespace {

namespace tx = ledger::tx;

struct World {
  ledger::MemoryState state;
  std::vector<InstitutionId> institutions;
  std::vector<KeyId> keys;
  std::set<net::Pin> pins;
  std::set<InstitutionId> members;
  std::uint64_t height = 0;

  // One block's changes.
  std::shared_ptr<const ledger::Delta> block(const std::function<void(tx::StateWriter&)>& change) {
    ledger::Overlay overlay(state);
    ++height;
    ledger::LedgerState written(overlay, Height{height}, height * 1'000);
    tx::RecordCache cache;
    tx::StateWriter writer(written, cache, {}, {});
    change(writer);
    auto delta = overlay.take();
    state.apply(*delta);
    return delta;
  }
};

tx::InstitutionRecord institution(const InstitutionId& id) {
  tx::InstitutionRecord record;
  record.id = id;
  record.institution_class = tx::InstitutionClass::kIssuer;
  record.facts.legal_names = {{"en", "University " + id.hex()}};
  record.facts.country = "AT";
  record.facts.domain = "u" + id.hex() + ".example";
  return record;
}

}  // namespace

TEST_CASE("the directory that follows each block is the directory that is read anew") {
  std::size_t otherwise = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    INFO("seed " << seed);
    std::uint64_t random = seed * 2 + 1;
    const auto below = [&](std::uint64_t bound) {
      random = random * 6364136223846793005ULL + 1442695040888963407ULL;
      return (random >> 33U) % bound;
    };
    World world;
    PeerDirectory following;
    following.read(world.state, {});
    for (int step = 0; step < 60; ++step) {
      const auto what = world.institutions.empty() ? 0 : below(7);
      const auto delta = world.block([&](tx::StateWriter& writer) {
        if (what == 0) {
          InstitutionId id;
          for (auto& byte : id.bytes) byte = static_cast<std::uint8_t>(below(256));
          const auto record = institution(id);
          world.institutions.push_back(record.id);
          writer.put_institution(record);
          return;
        }
        const auto& id = world.institutions[below(world.institutions.size())];
        if (what <= 2) {
          const bool transport = below(4) != 0;
          const auto key = SecretKey::generate(transport ? SignatureAlgorithm::kEd25519
                                                         : SignatureAlgorithm::kBip340);
          const auto purpose = transport ? KeyPurpose::kTransport : KeyPurpose::kIssue;
          writer.add_key(id, purpose, key.public_key());
          world.keys.push_back(key_id(purpose, key.public_key()));
          if (transport) world.pins.insert(net::pin_of(key.public_key()));
        } else if (what == 3 && !world.keys.empty()) {
          const auto key = tx::read_key(world.state, world.keys[below(world.keys.size())]);
          if (!key->retired) writer.retire_key(key->added, 0);
        } else if (what == 4) {
          writer.set_standing(id, below(2) == 0 ? tx::Standing::kGood : tx::Standing::kSuspended);
        } else if (what == 5) {
          world.members.insert(id);
        } else {
          world.members.erase(id);
        }
      });

      std::map<net::Pin, net::Admission> before;
      for (const auto& pin : world.pins) before[pin] = following.find(pin);
      const bool changed = following.follow(world.state, *delta, world.members);
      PeerDirectory anew;
      anew.read(world.state, world.members);
      bool differs = false;
      for (const auto& pin : world.pins) {
        REQUIRE(following.find(pin) == anew.find(pin));
        differs |= before[pin] != following.find(pin);
      }
      REQUIRE(changed == differs);
      otherwise += differs ? 1 : 0;
    }
  }
  CHECK(otherwise > 100);
}

TEST_CASE(
    "a member is admitted and first even while it is suspended, and a key that nobody registered "
    "is unknown") {
  World world;
  PeerDirectory directory;
  directory.read(world.state, {});

  const auto key = SecretKey::generate(SignatureAlgorithm::kEd25519);
  const auto pin = net::pin_of(key.public_key());
  CHECK(directory.find(pin).kind == net::Admission::Kind::kUnknown);

  InstitutionId id;
  id.bytes.fill(7);

  const auto record = institution(id);
  const auto delta = world.block([&](tx::StateWriter& writer) {
    writer.put_institution(record);
    writer.add_key(record.id, KeyPurpose::kTransport, key.public_key());
  });

  CHECK(directory.follow(world.state, *delta, {record.id}));
  CHECK(rank_of(directory.find(pin)) == net::Rank::kMember);

  const auto suspended =
      world.block([&](tx::StateWriter& w) { w.set_standing(record.id, tx::Standing::kSuspended); });
  CHECK_FALSE(directory.follow(world.state, *suspended, {record.id}));

  CHECK(directory.follow(world.state, ledger::Delta{}, {}));
  CHECK(directory.find(pin).kind == net::Admission::Kind::kRefused);
}

}  // namespace testamur::node
