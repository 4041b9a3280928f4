#include "node/chain/journal_reach.h"

#include <algorithm>
#include <array>
#include <utility>

#include "consensus/values/codec.h"

namespace testamur::node {

namespace {

using Place = std::pair<Epoch, View>;

// Votes and certificates bind in a view, a floor up to one; start and quarantine begin an epoch.
Place place_of(consensus::RecordKind kind, ByteView bytes) {
  using consensus::RecordKind;
  switch (kind) {
    case RecordKind::kStart:
      if (const auto epoch = consensus::decode_start_record(bytes)) return {*epoch, View{0}};
      break;
    case RecordKind::kQuarantine:
      if (const auto epoch = consensus::decode_quarantine_record(bytes)) return {*epoch, View{0}};
      break;
    case RecordKind::kFloor:
      if (const auto floor = consensus::decode_floor_record(bytes))
        return {floor->epoch, floor->view};
      break;
    case RecordKind::kVote:
      if (const auto vote = consensus::decode_vote_record(bytes))
        return {vote->vote.statement.epoch, vote->vote.statement.view};
      break;
    case RecordKind::kCertificate:
      if (const auto certificate = consensus::decode_certificate_record(bytes))
        return {certificate->statement.epoch, certificate->statement.view};
      break;
    case RecordKind::kFinality:
      if (const auto finality = consensus::decode_finality_record(bytes))
        return {finality->epoch, finality->view};
      break;
    case RecordKind::kBlock: break;  // the vote for it, or its finality, says more
  }
  return {Epoch{0}, View{0}};
}

// The newest block; nothing where there is none, or it cannot be read (the chain says so).
std::optional<ledger::Header> newest_header(const Snapshot& store) {
  const auto height = store.height();
  const auto bytes = height ? store.header(*height) : std::nullopt;
  if (!bytes) return std::nullopt;
  auto header = ledger::decode_header(*bytes);
  return header.ok() ? std::optional(std::move(header).value()) : std::nullopt;
}

}  // namespace

Height first_height(const ledger::Genesis& genesis) {
  const auto& continues = genesis.content.continues;
  return continues ? continues->last.header.height.next() : Height{0};
}

bool reaches_store(const JournalContents& journal, const Snapshot& store,
                   const ledger::Genesis& genesis) {
  const auto header = newest_header(store);
  // The first block of a ledger follows from its record: nobody votes for it.
  if (!header || header->height == first_height(genesis)) return true;

  const Place newest{header->epoch, header->view};
  return std::ranges::any_of(journal.records, [&newest](const auto& record) {
    return place_of(record.first, record.second) >= newest;
  });
}

Status name_newest_block(Journal& journal, JournalContents& contents, const Snapshot& store) {
  const auto header = newest_header(store);
  const auto certificate = header ? store.certificate(header->height) : std::nullopt;
  auto proof = certificate ? consensus::decode_finality_proof(*certificate) : std::nullopt;
  if (!proof) return {};

  const auto block = ledger::block_id(*header);
  const auto record = consensus::make_record(consensus::FinalityRecord{
      block, header->epoch, header->view, header->height, std::move(*proof)});
  const std::array<JournalRecord, 1> group{
      JournalRecord{static_cast<std::uint8_t>(record.kind), record.head, {}, false}};
  TM_TRY(const auto positions, journal.append(group));
  contents.records.emplace_back(record.kind, record.head);
  contents.marks.push_back({record.epoch, record.view, positions.front()});
  return {};
}

Status check_store_ledger(const ledger::Genesis& genesis, const Snapshot& store) {
  const auto& continues = genesis.content.continues;
  const auto applied = store.height();
  if (!applied) return {};

  // The first block of this ledger and the newest one must both name its chain: the store of a
  // ledger that a recovery took further still begins with the blocks of the old one.
  const auto stored = store.header(first_height(genesis));
  const auto header =
      stored ? ledger::decode_header(*stored) : Result<ledger::Header>(error("missing"));
  const auto newest = store.header(*applied);
  const auto head =
      newest ? ledger::decode_header(*newest) : Result<ledger::Header>(error("missing"));
  if (header.ok() && header->chain == genesis.chain && head.ok() && head->chain == genesis.chain) {
    return {};
  }

  if (continues) {
    return error("the data directory does not hold the ledger that the recovery " +
                 to_text(genesis.chain) +
                 " continues, as it goes on: testamurd recover --genesis FILE makes it so");
  }
  return error("the data directory holds the ledger " +
               (head.ok() ? to_text(head->chain) : "(unreadable)") +
               ", and node.genesis is the record of " + to_text(genesis.chain) +
               ": nothing was changed. Put the record back that belongs to the data, or name "
               "another node.data_dir for the other ledger");
}

}  // namespace testamur::node
