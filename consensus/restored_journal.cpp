// Decoding the journal's records at start. Records come in the order in which they were written: of
// quarantine and floor the last one holds, everything else is collected.
#include "consensus/restored_journal.h"

#include <algorithm>
#include <string>
#include <utility>

namespace testamur::consensus {

Status RestoredJournal::add(RecordKind kind, ByteView bytes) {
  const auto read = [&] {
    switch (kind) {
      case RecordKind::kStart: {
        const auto epoch = decode_start_record(bytes);
        if (epoch) note_named(*epoch, View{0});
        return epoch.has_value();
      }
      case RecordKind::kBlock: return add_block(bytes);
      case RecordKind::kCertificate: return add_certificate(bytes);
      case RecordKind::kVote: return add_vote(bytes);
      case RecordKind::kFinality: return add_finality(bytes);
      case RecordKind::kQuarantine: {
        if (!decode_quarantine_record(bytes)) return false;
        quarantine_ = true;
        return true;
      }
      case RecordKind::kFloor: return add_floor(bytes);
    }
    return false;
  };
  if (read()) return {};
  return error("the journal holds a consensus record of kind " +
               std::to_string(static_cast<int>(kind)) +
               " that cannot be read; it was written by another version or is damaged");
}

bool RestoredJournal::add_block(ByteView bytes) {
  auto proposal = decode_block_record(bytes);
  if (!proposal) return false;
  HeaderFacts facts = context_.driver.read_header(*proposal->header);
  if (!facts.well_formed) return false;
  note_named(facts.epoch, facts.view);

  // What the store holds is not needed again; a filler stands at the height of the sealing block
  // that it follows.
  const Height stored = context_.prefix.base().height;
  if (facts.height < stored || (facts.height == stored && !facts.filler)) return true;

  const BlockId id = facts.id;
  auto& kept = blocks_[id];
  if (!kept || is_better_copy(*proposal, kept->proposal)) {
    kept = std::make_shared<const Block>(Block{std::move(*proposal), std::move(facts)});
  }
  return true;
}

// Of two bodies one is a false copy, which no build should have journaled; of two equal ones the
// signed is kept.
bool RestoredJournal::is_better_copy(const Proposal& found, const Proposal& kept) const {
  if (*found.body == *kept.body) return kept.signature.is_zero();
  return !context_.driver.body_matches(*kept.header, *kept.body);
}

bool RestoredJournal::add_certificate(ByteView bytes) {
  auto certificate = decode_certificate_record(bytes);
  if (!certificate) return false;
  note_named(certificate->statement.epoch, certificate->statement.view);
  certificates_.push_back(std::make_shared<const Certificate>(std::move(*certificate)));
  return true;
}

bool RestoredJournal::add_vote(ByteView bytes) {
  auto vote = decode_vote_record(bytes);
  if (!vote) return false;
  note_named(vote->vote.statement.epoch, vote->vote.statement.view);
  votes_.push_back(std::move(*vote));
  return true;
}

// The proof of the store's last block is kept too: peers and the next journal segment need it.
bool RestoredJournal::add_finality(ByteView bytes) {
  auto finality = decode_finality_record(bytes);
  if (!finality) return false;
  note_named(finality->epoch, finality->proof.certificate->statement.view);
  if (finality->height >= context_.prefix.base().height) finality_.push_back(std::move(*finality));
  return true;
}

// A floor ends the quarantine before it.
bool RestoredJournal::add_floor(ByteView bytes) {
  const auto floor = decode_floor_record(bytes);
  if (!floor) return false;
  floor_ = floor;
  quarantine_ = false;
  return true;
}

void RestoredJournal::note_named(Epoch epoch, View view) {
  auto& named = named_[epoch];
  named = std::max(named, view);
}

std::vector<FinalityRecord> RestoredJournal::finality_by_height() const {
  auto sorted = finality_;
  std::stable_sort(
      sorted.begin(), sorted.end(),
      [](const FinalityRecord& a, const FinalityRecord& b) { return a.height < b.height; });
  return sorted;
}

std::optional<View> RestoredJournal::highest_view_named(Epoch epoch) const {
  const auto named = named_.find(epoch);
  if (named == named_.end()) return std::nullopt;
  return named->second;
}

}  // namespace testamur::consensus
