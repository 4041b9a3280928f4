// The first state of a ledger: of a new one, and of one that continues another.
#include <algorithm>

#include "common/check.h"
#include "ledger/genesis.h"
#include "ledger/ledger_state.h"
#include "ledger/proofs/merkle.h"
#include "ledger/protocol.h"
#include "ledger/recent_blocks.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"
#include "ledger/tx/records/tables.h"
#include "ledger/tx/state_writer.h"
#include "ledger/validators.h"

namespace testamur::ledger {

namespace {

CertifyingSet checked_set(const Genesis& genesis) {
  auto set = genesis_set(genesis.content);
  TM_CHECK(set.ok(), "a checked genesis has no valid validator set:", set.message());
  return std::move(set).value();
}

void put_validators(LedgerState& state, const CertifyingSet& set) {
  state.put_record(
      {static_cast<std::uint16_t>(tx::RegistryKind::kValidators), tx::registry_id_of_validators()},
      set.encode());
}

void put_party(LedgerState& state, const GenesisParty& party) {
  const auto put = [&](tx::RegistryKind kind, Bytes id, Bytes body) {
    state.put_record({static_cast<std::uint16_t>(kind), std::move(id)}, std::move(body));
  };

  tx::InstitutionRecord record;
  record.id = party_id(party);
  record.institution_class = party.institution_class;
  record.root_threshold = party.root_threshold;
  record.facts = party.facts;
  put(tx::RegistryKind::kInstitution, tx::registry_id(record.id), encode(record));

  // What follows from a record goes with it, as StateWriter does for transactions.
  tx::claim_identifiers(state.overlay(), record.id, record.facts);
  tx::append_to_list(state.overlay(), tx::kKnownInstitutions, to_bytes(record.id.view()));

  Encoder keys;
  for (const auto& key : party.keys) {
    tx::KeyRecord added;
    added.id = key_id(key.purpose, key.key);
    added.institution = record.id;
    added.purpose = key.purpose;
    added.key = key.key;
    put(tx::RegistryKind::kKey, tx::registry_id(added.id), encode(added));
    keys.fixed(added.id);
  }

  if (!party.keys.empty()) state.overlay().put(tx::kInstitutionKeys, record.id.view(), keys.take());
}

// The replaced keys come, the keys of the old set that are not in the new one go.
Status put_recovered_keys(LedgerState& state, const GenesisContinues& continues,
                          const CertifyingSet& set) {
  tx::RecordCache cache;
  for (const auto& replaced : continues.keys) {
    const auto id = key_id(replaced.purpose, replaced.key);

    // A retired key never comes back (decision 0902), and a registered one cannot be added again.
    if (tx::read_key(state.overlay(), id)) {
      return error("the replaced key " + to_text(id) +
                   " is in the old ledger's registry already: make a new one");
    }

    tx::StateWriter(state, cache, tx::Cause{}, replaced.institution)
        .add_key(replaced.institution, replaced.purpose, replaced.key);
  }

  for (const auto& member : continues.set().members()) {
    const bool stays = std::ranges::find(set.members(), member.key, &CertifyingSet::Member::key) !=
                       set.members().end();

    const auto key = tx::read_key(state.overlay(), consensus_key_id(member));
    if (stays || !key || key->retired) continue;
    tx::StateWriter(state, cache, tx::Cause{}, member.institution).retire_key(key->added, 0);
  }
  return {};
}

}  // namespace

GenesisState build_genesis_state(const Genesis& genesis) {
  TM_CHECK(!genesis.content.continues, "a recovery has the state of the ledger that it continues");

  const MemoryState nothing;
  Overlay overlay(nothing);
  LedgerState state(overlay, Height{0}, genesis.content.time_ms);

  const auto set = checked_set(genesis);
  state.put_record(
      {static_cast<std::uint16_t>(tx::RegistryKind::kParameters), tx::registry_id_of_parameters()},
      encode(genesis.content.parameters));
  put_validators(state, set);

  put_protocol(overlay, {genesis.content.protocol_version, Height{0}}, Height{0},
               genesis.content.time_ms);
  note_block(overlay, Height{0}, genesis.content.time_ms, BlockId{}, 0);

  for (const auto& party : genesis.content.parties) put_party(state, party);

  const auto roots = state.seal();

  GenesisState built;
  built.header = genesis_header(genesis.chain, genesis.content.protocol_version,
                                genesis.content.time_ms, roots.registry_root, set.digest(),
                                parameters_digest(genesis.content.parameters));

  // Log and pages of a new ledger are empty, which genesis_header takes for granted.
  TM_CHECK(built.header.roots == roots, "the genesis header does not say what its state is");
  built.block = block_id(built.header);
  built.delta = overlay.take();
  return built;
}

Result<GenesisState> build_recovery_state(const Genesis& genesis, const StateReader& old) {
  TM_CHECK(genesis.content.continues.has_value(), "a plain genesis continues no ledger");
  const auto& continues = *genesis.content.continues;
  const auto& last = continues.last.header;
  if (read_roots(old) != last.roots) {
    return error("the state is not that of the block that the recovery continues, at height " +
                 std::to_string(last.height.value) + " of " + to_text(last.chain));
  }

  Overlay overlay(old);
  const auto height = last.height.next();
  LedgerState state(overlay, height, genesis.content.time_ms);

  const auto set = checked_set(genesis);
  put_validators(state, set);
  put_predecessor(overlay, {last.chain, last.epoch, last.height, block_id(last)}, height,
                  genesis.content.time_ms);

  // One age limit, where blocks keep two (execute.cpp): it stays so. The table is under no root,
  // and a build that kept more would differ from the others where members later raise the limit
  // (decision 0901).
  note_block(overlay, height, genesis.content.time_ms, block_id(last),
             genesis.content.parameters[Parameter::kReadyCheckpointAgeMs]);
  TM_TRY_STATUS(put_recovered_keys(state, continues, set));

  GenesisState built;
  auto& header = built.header;
  header.protocol_version = genesis.content.protocol_version;
  header.chain = genesis.chain;
  header.epoch = genesis_epoch(genesis);
  header.height = height;
  header.parent = block_id(last);
  header.time_ms = genesis.content.time_ms;
  header.payload_digest = merkle::empty_root();
  header.roots = state.seal();
  header.validator_set = set.digest();
  header.parameters = last.parameters;
  built.block = block_id(header);
  built.delta = overlay.take();
  return built;
}

}  // namespace testamur::ledger
