// Headers follow one another by next_header(), which alone moves height, view and parent;
// finalize() signs by the keys in the order of the set, so that a number of signers is the first so
// many.
#include "tests/ledger/core_chain.h"

#include <algorithm>

#include "ledger/ledger_state.h"

namespace testamur::test {

using namespace ledger;

SignedChain::SignedChain(std::size_t n, std::uint64_t seed) {
  struct Row {
    CertifyingSet::Member member;
    SecretKey key;
  };

  std::vector<Row> rows;
  for (std::size_t i = 0; i < n; ++i) {
    const Hash256 secret = hash_of(seed * 1000 + i);
    auto key = SecretKey::from_bytes(SignatureAlgorithm::kBip340, secret.view()).value();
    CertifyingSet::Member member;
    member.institution = InstitutionId::prefix_of(hash_of(seed * 1000 + 500 + i).view());
    member.key = decltype(member.key)::prefix_of(key.public_key().bytes);
    rows.push_back({member, std::move(key)});
  }

  // Members of a set stand in order, and the keys must follow them.
  std::sort(rows.begin(), rows.end(),
            [](const Row& a, const Row& b) { return a.member < b.member; });

  std::vector<CertifyingSet::Member> members;
  for (auto& row : rows) {
    members.push_back(row.member);
    keys_.push_back(std::move(row.key));
  }
  set_ = CertifyingSet::make(members).value();
}

Header SignedChain::next_header(const Roots& roots, const Hash256& next_set) {
  height_ = height_.next();
  view_ = view_.next();

  Header header;
  header.chain = id;
  header.epoch = epoch_;
  header.height = height_;
  header.view = view_;
  header.proposer = set_->members()[view_.value % set_->size()].institution;

  header.parent = last_;
  header.time_ms = 1700000000000 + height_.value * 1000;
  header.payload_digest = merkle::empty_root();
  header.roots = roots;
  header.validator_set = set_->digest();
  header.next_validator_set = next_set;

  last_ = block_id(header);
  return header;
}

void SignedChain::begin_epoch(Epoch epoch, const Header& sealing) {
  epoch_ = epoch;
  height_ = sealing.height;
  view_ = View{0};
  last_ = block_id(sealing);
}

FinalityProof SignedChain::finalize(const Header& header, std::size_t signers) const {
  FinalityProof proof;
  auto& vote = proof.finalization;
  vote.epoch = header.epoch;
  vote.view = header.view;
  vote.parent_view = View{header.view.value - 1};
  vote.block = block_id(header);

  Encoder message;
  message.fixed(id)
      .u64(vote.epoch)
      .fixed(set_->digest())
      .u64(vote.view)
      .u64(vote.parent_view)
      .fixed(vote.block);
  const Hash256 digest = tags::kFinalize(message.bytes());

  for (std::size_t i = 0; i < (signers == 0 ? set_->quorum() : signers); ++i) {
    vote.signers |= 1u << i;
    vote.signatures.push_back(keys_[i].sign(digest.view()));
  }
  return proof;
}

SampleReceipt sample_receipt() {
  SignedChain first{4};
  SignedChain second{4, 50};
  second.id = first.id;

  MemoryState base;
  Overlay overlay{base};
  LedgerState block{overlay, Height{1}, 1700000001000};
  const RecordName issuer_record{1, to_bytes(counting<InstitutionId>(0x01).view())};
  block.put_record(issuer_record, to_bytes(as_bytes("institution")));
  block.put_record(issuer_record, to_bytes(as_bytes("institution, moved")));
  const auto issuer = counting<InstitutionId>(0x01);
  const auto origin =
      block.origin(issuer, counting<KeyId>(0x21), {issuer, 1, 1}, IssuerIndex{1000});
  const LogIndex log_index =
      block.append_log(70, issuer, origin.key, TransactionId{hash_of(1).bytes});
  const auto commitments = hashes(0, 300);
  TM_CHECK(block.issue_listed(origin, commitments));
  StatusTransition suspend;
  suspend.to = CredentialStatus::kSuspended;
  suspend.allow(CredentialStatus::kValid);
  const IndexRun run{1007, 1};
  block.set_status(std::get<StatusPlan>(block.pages().plan_status(issuer, {&run, 1}, suspend)),
                   log_index, 1);
  const Roots roots = block.seal();

  const Header sealing = first.next_header(roots, second.set().digest());
  second.begin_epoch(Epoch{1}, sealing);
  const Header middle = second.next_header(roots);
  const Header last = second.next_header(roots);
  Checkpoint checkpoint{middle, second.finalize(last)};
  checkpoint.proof.links = {last};

  Receipt receipt{commitments[7],
                  *prove_slot(block.pages(), *block.pages().find(issuer, IssuerIndex{1007})),
                  checkpoint,
                  {{{sealing, first.finalize(sealing)}, second.set()}},
                  {{issuer_record, prove_history(overlay, issuer_record)}}};
  return {first.id, first.set(), receipt, issuer_record};
}

}  // namespace testamur::test
