// The store: one block is one batch, with the height in it, so what is found after a crash is the
// state after some block. A block is in the batch first, then in the commitment index, then in what
// readers see.
#include "node/store/store.h"

#include <rocksdb/write_batch.h>

#include <array>

#include "node/store/snapshot.h"
#include "node/store/store_state.h"

namespace testamur::node {
namespace {

void put(rocksdb::WriteBatch& batch, rocksdb::ColumnFamilyHandle* family, ByteView key,
         ByteView value) {
  const auto status = batch.Put(family, to_slice(key), to_slice(value));
  TM_CHECK(status.ok(), status.ToString());
}

void write_change(rocksdb::WriteBatch& batch, const Database& database,
                  const ledger::Delta::Change& change) {
  // The key goes into the batch in two parts: putting them together would copy it once more.
  const auto table = static_cast<std::uint8_t>(change.table);
  const std::array<rocksdb::Slice, 2> key_parts = {to_slice({&table, 1}), to_slice(change.key)};
  const rocksdb::SliceParts key(key_parts.data(), static_cast<int>(key_parts.size()));
  auto* family = family_of(database, change.table);

  rocksdb::Status status;
  if (change.value) {
    const auto value = to_slice(*change.value);
    status = batch.Put(family, key, rocksdb::SliceParts(&value, 1));
  } else {
    status = batch.Delete(family, key);
  }

  TM_CHECK(status.ok(), status.ToString());
}

}  // namespace

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() = default;

Result<std::unique_ptr<Store>> Store::open(const std::string& directory, StoreOptions options) {
  auto state = std::make_unique<State>();
  const auto run_entries = options.index_run_entries;
  const bool only_to_look = options.only_to_look;

  TM_TRY(state->database, Database::open(directory, std::move(options)));
  state->index = std::make_unique<CommitmentIndex>(*state->database, run_entries);
  // Loading it removes what a stop has left of it.
  if (!only_to_look) TM_TRY_STATUS(state->index->load());

  std::optional<Height> applied;

  if (const auto value = state->database->get(state->database->state(), nullptr, kAppliedKey)) {
    Decoder decoder(*value);
    applied = Height{decoder.u64()};
    if (!decoder.finished())
      return error("the store " + directory + " holds a malformed height; restore a backup");
  }

  state->publish(applied);
  return std::unique_ptr<Store>(new Store(std::move(state)));
}

Status Store::apply(const FinalizedBlock& block) {
  const auto applied = applied_height();
  // A gap would make a state that no other node has, and nothing above could tell.
  TM_CHECK(!applied || block.height == applied->next(), "applied:", applied->value,
           "new:", block.height.value);

  auto& database = *state_->database;
  rocksdb::WriteBatch batch(block.body.size() + block.header.size() + block.certificate.size() +
                            block.delta.size_bytes() + 16 * block.delta.changes().size() + 256);

  for (const auto& change : block.delta.changes()) write_change(batch, database, change);
  put(batch, database.blocks(), block_key(block.height, BlockPart::kHeader), block.header);
  put(batch, database.blocks(), block_key(block.height, BlockPart::kBody), block.body);
  put(batch, database.blocks(), block_key(block.height, BlockPart::kCertificate),
      block.certificate);

  Encoder height;
  height.u64(block.height);
  put(batch, database.state(), kAppliedKey, height.bytes());

  // All of the block or nothing of it: the height is in the same batch (docs/formats/store.md).
  TM_TRY_STATUS(database.write(batch));

  // The index after the batch and readers last: a look-up finds what the state that it sees lists.
  TM_TRY_STATUS(state_->index->add(block.delta.changes(ledger::Table::kPageCommitments)));
  state_->publish(block.height);
  return {};
}

Status Store::sync_wal() { return state_->database->sync_wal(); }

std::optional<Height> Store::applied_height() const { return snapshot()->height(); }

std::shared_ptr<const Snapshot> Store::snapshot() const {
  const std::lock_guard hold(state_->mutex);
  return state_->latest;
}

Status Store::verify() const { return state_->database->verify(); }

Store::Figures Store::figures() const {
  Figures figures;
  figures.index_entries_in_memory = state_->index->entries_in_memory();
  figures.index_runs = state_->index->file_runs();
  for (auto* family : {state_->database->state(), state_->database->pages(),
                       state_->database->blocks(), state_->database->index()}) {
    std::uint64_t bytes = 0;
    (void)state_->database->db().GetIntProperty(family, rocksdb::DB::Properties::kLiveSstFilesSize,
                                                &bytes);
    figures.live_bytes += bytes;
  }
  return figures;
}

Status check_continuity(std::optional<Height> applied, std::optional<Height> first_block,
                        std::optional<Height> last_final) {
  const auto name = [](std::optional<Height> height) {
    return height ? "height " + std::to_string(height->value) : std::string("no block");
  };

  const std::uint64_t needed = applied ? applied->value + 1 : 0;

  // The journal completes a store that is behind it, and nothing can fill a gap between the two.
  if (first_block && first_block->value > needed) {
    return error(
        "the store holds " + name(applied) + ", but the first block of the journal is " +
        name(first_block) +
        ": the blocks between are in neither. Restore the store from a backup of height " +
        std::to_string(first_block->value - 1) +
        " or later; or, where store and journal were moved away, put both back. A new data "
        "directory works too: keep the old one, the node begins in quarantine and catches "
        "up from its peers");
  }

  // The store cannot be ahead of the journal: a final block is journaled before it is stored.
  if (applied && last_final && *last_final < *applied) {
    return error(
        "the store holds " + name(applied) + ", but the last finalized block of the journal is " +
        name(last_final) +
        ": the journal was replaced or has lost its end. Move its directory aside; the node "
        "then begins in quarantine");
  }
  return {};
}

}  // namespace testamur::node
