#include "node/chain/peers/peer_directory.h"

#include <algorithm>

#include "ledger/tx/records/institutions.h"
#include "ledger/tx/records/record.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

std::size_t shard_of(const net::Pin& pin) { return pin.bytes[0] % 64; }

// The id in the name of a registry record: u16 kind, id, u64 seq.
template <class Id>
std::optional<Id> id_in(ByteView record_name) {
  if (record_name.size() != 2 + Id::kSize + 8) return std::nullopt;
  return Id::from(record_name.subspan(2, Id::kSize));
}

}  // namespace

PeerDirectory::PeerDirectory() {
  for (auto& shard : shards_) shard.store(std::make_shared<const Shard>());
}

net::Admission PeerDirectory::find(const net::Pin& pin) const {
  const auto shard = shards_[shard_of(pin)].load();
  const auto found = shard->find(pin);
  return found == shard->end() ? net::Admission::unknown() : found->second;
}

std::optional<net::Pin> PeerDirectory::pin_of(const InstitutionId& institution) const {
  const auto known = known_.find(institution);
  if (known == known_.end()) return std::nullopt;
  for (const auto& [pin, retired] : known->second.retired) {
    if (!retired) return pin;
  }
  return std::nullopt;
}

void PeerDirectory::read(const ledger::StateReader& state, std::set<InstitutionId> members) {
  known_.clear();
  members_ = std::move(members);
  std::set<InstitutionId> all;
  const auto count = tx::institution_count(state);
  for (std::uint64_t ordinal = 0; ordinal < count; ++ordinal) {
    const auto id = tx::institution_at_ordinal(state, ordinal);
    read_institution(state, id);
    for (const auto& key : tx::keys_of(state, id)) read_key(state, key);
    all.insert(id);
  }
  publish(all);
}

void PeerDirectory::read_institution(const ledger::StateReader& state, const InstitutionId& id) {
  const auto institution = tx::read_institution(state, id);
  if (institution) known_[id].good_standing = institution->standing == tx::Standing::kGood;
}

std::optional<InstitutionId> PeerDirectory::read_key(const ledger::StateReader& state,
                                                     const KeyId& id) {
  const auto key = tx::read_key(state, id);
  if (!key || key->added.purpose != KeyPurpose::kTransport) return std::nullopt;
  known_[key->added.institution].retired[net::pin_of(key->added.key)] = key->retired.has_value();
  return key->added.institution;
}

bool PeerDirectory::follow(const ledger::StateReader& state, const ledger::Delta& delta,
                           std::set<InstitutionId> members) {
  std::set<InstitutionId> touched;
  std::ranges::set_symmetric_difference(members, members_, std::inserter(touched, touched.end()));
  members_ = std::move(members);

  for (const auto& change : delta.changes(ledger::Table::kMapRecords)) {
    if (change.key.size() < 2 || change.key[0] != 0) continue;
    const auto kind = static_cast<tx::RegistryKind>(change.key[1]);
    if (kind == tx::RegistryKind::kInstitution) {
      if (const auto id = id_in<InstitutionId>(change.key)) {
        read_institution(state, *id);
        touched.insert(*id);
      }
    } else if (kind == tx::RegistryKind::kKey) {
      const auto id = id_in<KeyId>(change.key);
      if (const auto owner = id ? read_key(state, *id) : std::nullopt) touched.insert(*owner);
    }
  }
  return publish(touched);
}

bool PeerDirectory::publish(const std::set<InstitutionId>& touched) {
  // Readers on other threads see whole shards only, so a shard is changed as a copy, and copied
  // once however many of its keys change.
  std::map<std::size_t, Shard> changed;
  for (const auto& id : touched) {
    const auto known = known_.find(id);
    if (known == known_.end()) continue;
    const bool member = members_.contains(id);
    for (const auto& [pin, retired] : known->second.retired) {
      // A retired key is refused even of a member: it may be in the hands of a thief.
      const bool admitted = (member || known->second.good_standing) && !retired;
      const auto now = admitted ? net::Admission::admitted(id, member) : net::Admission::refused();
      if (find(pin) == now) continue;
      const auto at = shard_of(pin);
      changed.try_emplace(at, *shards_[at].load()).first->second[pin] = now;
    }
  }

  for (auto& [at, shard] : changed)
    shards_[at].store(std::make_shared<const Shard>(std::move(shard)));
  return !changed.empty();
}

}  // namespace testamur::node
