// What a recovery record carries of the old ledger, and the list of ledgers that a state continues.
// Invariants: everything is proven under the registry root of the old ledger's last block, so that
// a record can be checked without the old state; lists are sorted before they are written.
#include "ledger/recovery.h"

#include <algorithm>
#include <tuple>

#include "common/check.h"
#include "ledger/ledger_state.h"
#include "ledger/sort_by.h"
#include "ledger/tx/records/encoding.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "ledger/validators.h"

namespace testamur::ledger {

namespace {

constexpr std::uint8_t kPredecessorFormat = 1;
constexpr std::size_t kRootKeysLimit = 255;

RecordName name_of_institution(const InstitutionId& id) {
  return {static_cast<std::uint16_t>(tx::RegistryKind::kInstitution), tx::registry_id(id)};
}
RecordName name_of_key(const KeyId& id) {
  return {static_cast<std::uint16_t>(tx::RegistryKind::kKey), tx::registry_id(id)};
}
RecordName name_of_predecessors() {
  return {static_cast<std::uint16_t>(tx::RegistryKind::kPredecessors),
          tx::registry_id_of_predecessors()};
}

auto order_of(const ReplacedKey& key) {
  return std::tuple(key.institution, key.purpose, key_id(key.purpose, key.key));
}

Result<RecoveryWitness> make_witness(const StateReader& state, const InstitutionId& institution,
                                     Height height) {
  RecoveryWitness witness{
      institution, prove_as_of(state, name_of_institution(institution), height), {}};

  if (!witness.record.record)
    return error("the registry does not know the validator " + to_text(institution));

  for (const auto& id : tx::keys_of(state, institution)) {
    const auto key = tx::read_key(state, id);
    if (!key || key->retired || key->added.purpose != KeyPurpose::kRoot) continue;
    witness.roots.push_back({id, prove_as_of(state, name_of_key(id), height)});
  }

  // Without a root the institution could not sign the record; the count is one byte.
  if (witness.roots.empty() || witness.roots.size() > kRootKeysLimit) {
    return error("the validator " + to_text(institution) + " has " +
                 std::to_string(witness.roots.size()) + " root keys, not 1 to 255");
  }
  return witness;
}

RecoveryWitness decode_witness(Decoder& in) {
  RecoveryWitness witness;
  witness.institution = in.fixed<InstitutionId>();
  witness.record = decode_as_of_proof(in);
  for (unsigned left = in.u8(); left > 0 && in.ok(); --left) {
    const auto id = in.fixed<KeyId>();
    witness.roots.push_back({id, decode_as_of_proof(in)});
  }
  return witness;
}

ReplacedKey decode_replaced_key(Decoder& in) {
  ReplacedKey replaced;
  replaced.institution = in.fixed<InstitutionId>();
  const auto purpose = purpose_from(in.u8());
  if (!purpose) in.fail();
  if (purpose) replaced.purpose = *purpose;
  replaced.key = tx::decode_public_key(in);
  replaced.possession = in.fixed<Signature>();
  return replaced;
}

}  // namespace

void encode(Encoder& out, const GenesisContinues& continues) {
  TM_CHECK(continues.institutions.size() <= CertifyingSet::kMaxSize &&
           continues.keys.size() <= 255);

  out.sized(encode(continues.last)).u8(static_cast<std::uint8_t>(continues.sets.size()));
  for (const auto& set : continues.sets) out.raw(set.encode());

  out.u8(static_cast<std::uint8_t>(continues.institutions.size()));
  for (const auto& witness : continues.institutions) {
    out.fixed(witness.institution);
    encode(out, witness.record);
    out.u8(static_cast<std::uint8_t>(witness.roots.size()));
    for (const auto& root : witness.roots) {
      out.fixed(root.id);
      encode(out, root.proof);
    }
  }

  out.u8(static_cast<std::uint8_t>(continues.keys.size()));
  for (const auto& replaced : continues.keys) {
    out.fixed(replaced.institution).u8(static_cast<std::uint8_t>(replaced.purpose));
    tx::encode(out, replaced.key);
    out.fixed(replaced.possession);
  }
}

std::optional<GenesisContinues> decode_continues(Decoder& in) {
  GenesisContinues continues;
  auto last = decode_checkpoint(in.sized(Checkpoint::kMaxEncodedSize));
  if (!last.ok()) in.fail();
  if (!in.ok()) return std::nullopt;
  continues.last = std::move(last).value();

  // The next set is there too where the last block seals its epoch.
  const unsigned sets = in.u8();
  if (sets < 1 || sets > 2) in.fail();
  for (unsigned i = 0; i < sets && in.ok(); ++i) {
    auto set = decode_certifying_set(in);
    if (set) continues.sets.push_back(std::move(*set));
  }

  const unsigned institutions = in.u8();
  if (institutions > CertifyingSet::kMaxSize) in.fail();
  for (unsigned i = 0; i < institutions && in.ok(); ++i)
    continues.institutions.push_back(decode_witness(in));

  for (unsigned left = in.u8(); left > 0 && in.ok(); --left)
    continues.keys.push_back(decode_replaced_key(in));

  if (!in.ok()) return std::nullopt;
  return continues;
}

void sort_continues(GenesisContinues& continues) {
  sort_by(continues.institutions,
          [](const RecoveryWitness& witness) { return witness.institution; });
  for (auto& witness : continues.institutions) {
    sort_by(witness.roots, [](const RecoveryWitness::RootKey& root) { return root.id; });
  }
  sort_by(continues.keys, order_of);
}

Result<GenesisContinues> make_continues(const StateReader& state, Checkpoint last,
                                        CertifyingSet certified_by) {
  const auto& header = last.header;
  if (read_roots(state) != header.roots) {
    return error("the state is not that after block " + std::to_string(header.height.value));
  }

  GenesisContinues continues{std::move(last), {std::move(certified_by)}, {}, {}};

  if (header.seals_epoch()) {
    continues.sets.push_back(read_validators(state));
  }

  for (const auto& member : continues.set().members()) {
    TM_TRY(auto witness, make_witness(state, member.institution, continues.last.header.height));
    continues.institutions.push_back(std::move(witness));
  }

  sort_continues(continues);
  return continues;
}

std::vector<Predecessor> read_predecessors(const StateReader& state) {
  std::vector<Predecessor> predecessors;
  for (const auto& record : Registry{state}.history(name_of_predecessors())) {
    Decoder in(record.body);
    TM_CHECK(in.u8() == kPredecessorFormat, "a record of a continued ledger has an unknown format");

    Predecessor predecessor;
    predecessor.chain = in.fixed<ChainId>();
    predecessor.epoch = Epoch{in.u64()};
    predecessor.height = Height{in.u64()};
    predecessor.block = in.fixed<BlockId>();

    TM_CHECK(in.finished(), "a record of a continued ledger is damaged");
    predecessors.push_back(predecessor);
  }
  return predecessors;
}

void put_predecessor(Overlay& state, const Predecessor& predecessor, Height height,
                     std::uint64_t time_ms) {
  Encoder body;
  body.u8(kPredecessorFormat)
      .fixed(predecessor.chain)
      .u64(predecessor.epoch)
      .u64(predecessor.height);
  body.fixed(predecessor.block);
  put_record(state, name_of_predecessors(), {height, time_ms, body.take()});
}

ChainId chain_at(const std::vector<Predecessor>& predecessors, const ChainId& chain,
                 Height height) {
  for (const auto& predecessor : predecessors) {
    if (height <= predecessor.height) return predecessor.chain;
  }
  return chain;
}

std::optional<ChainId> chain_of(const Reference& reference,
                                const std::vector<Predecessor>& predecessors,
                                const ChainId& chain) {
  if (reference.is_of_chain(chain)) return chain;
  for (const auto& predecessor : predecessors) {
    if (reference.is_of_chain(predecessor.chain)) return predecessor.chain;
  }
  return std::nullopt;
}

}  // namespace testamur::ledger
