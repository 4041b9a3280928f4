// Evidence goes to its file before it is shown or handed in, since it cannot be found again
// (decision 0922). A piece has the name of what it proves (epoch, view, validator), so the same
// misbehaviour is kept once however often it is seen. What the ledger holds is settled and is not
// handed in again.
#include "node/validator/evidence_keeper.h"

#include <algorithm>

#include "consensus/values/codec.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/governance.h"
#include "ledger/tx/records/institutions.h"
#include "ledger/validators.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kHandInEveryMs = 60'000;
constexpr std::size_t kTimeBytes = 8;  // at the beginning of a file: when it was seen
constexpr std::uint64_t kValidMs = 10 * 60'000;

// The seat of the accused in the epoch of the statements; nothing where this state does not know
// that epoch.
std::optional<KeyId> accused_key(const ledger::StateReader& state,
                                 const consensus::Evidence& evidence) {
  auto set = ledger::validators_of_epoch(state, evidence.first.epoch);
  if (!set || set->digest() != evidence.set_digest) return std::nullopt;
  for (const auto& member : set->members()) {
    if (member.institution == evidence.validator) return ledger::consensus_key_id(member);
  }
  return std::nullopt;
}

// A registered consensus key of the author.
const SecretKey* signer_among(const ledger::StateReader& state, const InstitutionId& author,
                              const std::vector<SecretKey>& keys) {
  for (const auto& key : keys) {
    auto known = tx::read_key(state, key_id(KeyPurpose::kConsensus, key.public_key()));
    if (known && !known->retired && known->added.institution == author) return &key;
  }
  return nullptr;
}

}  // namespace

std::pair<Bytes, Bytes> statements_of(const consensus::Evidence& evidence) {
  auto first = consensus::encode(evidence.first, evidence.first_signature);
  auto second = consensus::encode(evidence.second, evidence.second_signature);
  if (second < first) std::swap(first, second);
  return {std::move(first), std::move(second)};
}

std::string in_words(const consensus::Evidence& evidence) {
  using consensus::Act;
  if (evidence.first.act != evidence.second.act) return "nullified and finalized one view";
  switch (evidence.first.act) {
    case Act::kPropose: return "proposed two blocks in one view";
    case Act::kNotarize: return "voted to notarize two blocks in one view";
    default: return "voted to finalize two blocks in one view";
  }
}

EvidenceKeeper::EvidenceKeeper(FileSystem& files, std::string directory, const Clock& clock,
                               Log& log)
    : files_(files), directory_(std::move(directory)), clock_(clock), log_(log) {}

Status EvidenceKeeper::load() {
  TM_TRY_STATUS(files_.create_directory(directory_));
  TM_TRY(auto names, files_.list(directory_));
  const std::lock_guard lock(mutex_);

  for (const auto& name : names) {
    const auto file = directory_ + "/" + name;
    const auto content = read_whole_file(files_, file);
    if (!content.ok()) {
      log_.warn("evidence_unreadable", {{"file", file}, {"cause", content.message()}});
      continue;
    }

    // What is too short to hold even the time is as little evidence as what does not decode.
    const auto evidence = content->size() < kTimeBytes
                              ? std::nullopt
                              : consensus::decode_evidence(ByteView(*content).subspan(kTimeBytes));
    if (!evidence) {
      log_.warn("evidence_unreadable", {{"file", file}, {"cause", "holds no evidence"}});
      continue;
    }

    // The file begins with the time at which it was seen.
    SeenEvidence seen{*evidence, Decoder(*content).u64(), 0};
    pieces_[{evidence->first.epoch, evidence->first.view, evidence->validator}] = {std::move(seen),
                                                                                   false};
  }
  return {};
}

Status EvidenceKeeper::write(const Name& name, const SeenEvidence& seen) {
  const auto& [epoch, view, institution] = name;
  auto file =
      std::to_string(epoch.value) + "-" + std::to_string(view.value) + "-" + to_text(institution);
  Encoder content;
  content.u64(seen.seen_ms).raw(consensus::encode(seen.evidence));
  return replace_file(files_, directory_, file, content.bytes());
}

void EvidenceKeeper::keep(const consensus::Evidence& evidence) {
  const std::lock_guard lock(mutex_);
  const Name name{evidence.first.epoch, evidence.first.view, evidence.validator};
  auto of_key = std::count_if(pieces_.begin(), pieces_.end(), [&](const auto& entry) {
    return std::get<InstitutionId>(entry.first) == evidence.validator;
  });
  if (pieces_.contains(name) || static_cast<std::size_t>(of_key) >= kPerKey) return;
  SeenEvidence seen{evidence, clock_.now_ms(), 0};
  if (auto status = write(name, seen); !status.ok())
    log_.error("evidence_not_kept", {{"cause", status.message()}});
  pieces_[name] = {std::move(seen), false};
}

std::vector<SeenEvidence> EvidenceKeeper::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<SeenEvidence> seen;
  for (const auto& [name, piece] : pieces_) seen.push_back(piece.seen);
  return seen;
}

std::size_t EvidenceKeeper::size() const {
  const std::lock_guard lock(mutex_);
  return pieces_.size();
}

bool EvidenceKeeper::anything_due() const {
  const std::lock_guard lock(mutex_);
  auto now = clock_.now_ms();
  return std::any_of(pieces_.begin(), pieces_.end(), [now](const auto& entry) {
    const auto& piece = entry.second;
    return !piece.settled && now >= piece.seen.handed_in_ms + kHandInEveryMs;
  });
}

std::vector<tx::SharedTransaction> EvidenceKeeper::due(const ledger::StateReader& state,
                                                       const ledger::Header& head,
                                                       const ChainId& chain,
                                                       const InstitutionId& author,
                                                       const std::vector<SecretKey>& keys) {
  std::vector<tx::SharedTransaction> transactions;

  const auto* signer = signer_among(state, author, keys);
  const std::lock_guard lock(mutex_);
  auto now = clock_.now_ms();

  for (auto& [name, piece] : pieces_) {
    // Others hand it in as well, and a transaction may be lost: once a minute until the ledger has
    // it.
    if (piece.settled || now < piece.seen.handed_in_ms + kHandInEveryMs) continue;

    const auto& evidence = piece.seen.evidence;
    auto key = accused_key(state, evidence);

    // Settled by whoever was first. Without a registered key of ours it is only shown.
    piece.settled =
        key && tx::read_evidence(state, {*key, evidence.first.epoch, evidence.first.view});
    if (piece.settled || !key || signer == nullptr) continue;

    auto [first, second] = statements_of(evidence);
    const tx::Envelope envelope{chain, author, random_fixed<tx::Nonce>(),
                                std::max(now, head.time_ms) + kValidMs};
    auto built = tx::build(
        envelope, tx::EvidenceContent{evidence.validator, std::move(first), std::move(second)});

    // It can never be built: trying again every minute would only fill the log.
    if (const auto* rejection = std::get_if<tx::Rejection>(&built)) {
      log_.error("evidence_not_built", {{"cause", to_text(*rejection)}});
      piece.settled = true;
      continue;
    }

    auto carried = tx::attach_signed(std::get<tx::UnsignedTransaction>(built),
                                     KeyPurpose::kConsensus, *signer);
    auto decoded = tx::decode(chain, std::move(carried));
    if (auto* transaction = std::get_if<tx::SharedTransaction>(&decoded))
      transactions.push_back(*transaction);

    piece.seen.handed_in_ms = now;
  }
  return transactions;
}

}  // namespace testamur::node
