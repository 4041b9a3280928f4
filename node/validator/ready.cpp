#include "node/validator/ready.h"

#include <algorithm>

#include "ledger/protocol.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/validators.h"
#include "node/chain/validator_sets.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kValidMs = 10 * 60'000;
// Where the head is older, the statement would name a checkpoint that is too old when it commits.
constexpr std::uint64_t kHeadAgeMs = 5 * 60'000;

struct Choice {
  const SecretKey* key = nullptr;
  bool seated = false;
  std::string why_not = "this node has no consensus key: testamurd new-key consensus makes one";
  std::optional<KeyId> unregistered;  // of this node, and the ledger has none such
};

Choice choose(const ledger::StateReader& state, const InstitutionId& self,
              const std::vector<SecretKey>& keys) {
  Choice choice;

  auto seat = ledger::seat_of(state, self);
  // The reason of the last key that does not fit is told when none does.
  for (const auto& key : keys) {
    auto id = key_id(KeyPurpose::kConsensus, key.public_key());
    auto known = tx::read_key(state, id);
    if (!known) choice.unregistered = id;
    if (!known || known->added.institution != self) {
      choice.why_not = "the ledger does not know the consensus key " + to_text(id) +
                       " of this node: register it with the institution, or with testamur key add "
                       "consensus --public FILE";
      continue;
    }

    if (known->retired) {
      choice.why_not = "the consensus key " + to_text(id) +
                       " is retired: testamurd new-key consensus makes another";
      continue;
    }

    // A key that was in an earlier set and is in none now has signed for the last time.
    const bool seated = seat == id;
    if (!seated && certified_before(state, *consensus::ConsensusKey::from(key.public_key().bytes)))
      continue;

    // Readiness is mostly for a key that is to be seated: it goes before the one that sits already.
    if (choice.key == nullptr || !seated) {
      choice.key = &key;
      choice.seated = seated;
    }
  }

  return choice;
}

}  // namespace

Result<ReadyStatement> make_ready(const Head& head, const ChainId& chain, const InstitutionId& self,
                                  const std::vector<SecretKey>& keys, const std::string& software,
                                  const Clock& clock) {
  auto now = clock.now_ms();
  if (now > head.header.time_ms + kHeadAgeMs) {
    return error("this node's newest block is " +
                 std::to_string((now - head.header.time_ms) / 1000) +
                 " s old: it must have caught up before it can be ready (testamur node status says "
                 "what is missing)");
  }
  auto choice = choose(*head.state, self, keys);
  if (choice.key == nullptr) return error(choice.why_not);
  // Who made a new key means that one: what is said for the old one would look like success.
  if (choice.seated && choice.unregistered) {
    return error("a new consensus key, " + to_text(*choice.unregistered) +
                 ", waits at this node, and the ledger does not know it, as far as this node has "
                 "it: nothing was signed. testamur key add consensus --public FILE, with the file "
                 "that testamurd new-key consensus wrote; then testamurd ready again");
  }
  ReadyStatement ready;
  ready.key = key_id(KeyPurpose::kConsensus, choice.key->public_key());
  ready.seated = choice.seated;
  ready.protocol_version = ledger::kNewestProtocol;
  ready.checkpoint = head.header.height;
  ready.lifetime_ms = ledger::read_parameters(*head.state)[ledger::Parameter::kReadyLifetimeMs];
  const tx::Envelope envelope{chain, self, random_fixed<tx::Nonce>(),
                              std::max(now, head.header.time_ms) + kValidMs};
  auto built = tx::build(envelope, tx::ReadyContent{ready.key, software, ready.protocol_version,
                                                    head.header.height, head.block});
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) return error(to_text(*rejection));
  auto carried = tx::attach_signed(std::get<tx::UnsignedTransaction>(built), KeyPurpose::kConsensus,
                                   *choice.key);
  auto decoded = tx::decode(chain, std::move(carried));
  if (const auto* rejection = std::get_if<tx::Rejection>(&decoded))
    return error(to_text(*rejection));
  ready.transaction = std::get<tx::SharedTransaction>(decoded);
  return ready;
}

}  // namespace testamur::node
