// Checkpoints, the light client and receipts, with real signatures; and agreement with the
// consensus engine's own code.
#include "ledger/ledger_state.h"
#include "ledger/proofs/receipt.h"
#include "tests/ledger/core_chain.h"
#include "tests/support/catch.h"

namespace testamur::ledger {
namespace {

using test::counting;
using test::SignedChain;

// Bytes that differ in one bit from those of a valid checkpoint are refused by decoding or by
// verifying.
bool accepted(const SignedChain& chain, ByteView bytes) {
  const auto decoded = decode_checkpoint(bytes);
  return decoded.ok() && verify_checkpoint(chain.id, chain.set(), *decoded).ok();
}

}  // namespace

TEST_CASE("a validator set has its golden digest and one encoding") {
  const auto set = CertifyingSet::make(
      {{counting<InstitutionId>(0x20), counting<decltype(CertifyingSet::Member::key)>(0x60)},
       {counting<InstitutionId>(0x10), counting<decltype(CertifyingSet::Member::key)>(0x50)}});
  REQUIRE(set.ok());
  CHECK(set->digest().hex() == "07090acc265063f34802e8b85d4537b69811399ed1e2f2646b441cbf12ab951e");

  Bytes bytes = set->encode();
  CHECK(CertifyingSet::decode(bytes).ok());
  std::swap_ranges(bytes.begin() + 4, bytes.begin() + 52, bytes.begin() + 52);
  CHECK_FALSE(CertifyingSet::decode(bytes).ok());  // the wrong order

  const auto member = set->members()[0];
  CHECK_FALSE(CertifyingSet::make({member, member}).ok());
  CHECK_FALSE(CertifyingSet::make({member, {set->members()[1].institution, member.key}}).ok());
  CHECK_FALSE(CertifyingSet::make({}).ok());
  CHECK_FALSE(CertifyingSet::make(std::vector<CertifyingSet::Member>(32)).ok());
}

TEST_CASE("a finality proof has its golden bytes") {
  FinalityProof proof;

  proof.finalization = {Epoch{2}, View{4},
                        View{3},  counting<BlockId>(0x30),
                        0b101,    {counting<Signature>(0x01), counting<Signature>(0x41)}};

  Header link;
  link.chain = counting<ChainId>(0x10);
  link.epoch = Epoch{2};
  link.height = Height{3};
  link.view = View{4};
  link.proposer = counting<InstitutionId>(0x20);
  link.parent = counting<BlockId>(0x30);
  link.time_ms = 1700000000123;
  link.payload_digest = counting<Hash256>(0x40);
  link.roots = {5, counting<Hash256>(0x50), 6, counting<Hash256>(0x60), counting<Hash256>(0x70)};
  link.validator_set = counting<Hash256>(0x80);
  link.next_validator_set = counting<Hash256>(0x90);
  link.parameters = counting<Hash256>(0xa0);
  link.filler = true;
  proof.links = {link};

  Encoder out;
  encode(out, proof);
  CHECK(Tag("golden")(out.bytes()).hex() ==
        "088076baff2cbb3da06dbb8f912577951d6996e87a31bf953dd0599aee911899");

  Decoder in{out.bytes()};
  CHECK(decode_finality_proof(in) == proof);
  CHECK(in.finished());
}

TEST_CASE("a checkpoint with its own certificate is final, and any change of it is not") {
  SignedChain chain{4};
  const Header header = chain.next_header({});
  const Checkpoint checkpoint{header, chain.finalize(header)};
  REQUIRE(verify_checkpoint(chain.id, chain.set(), checkpoint).ok());

  const Bytes bytes = encode(checkpoint);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    Bytes damaged = bytes;
    damaged[i] ^= 0x20;
    CAPTURE(i);
    CHECK_FALSE(accepted(chain, damaged));
  }

  CHECK_FALSE(verify_checkpoint(counting<ChainId>(0x99), chain.set(), checkpoint).ok());
  CHECK_FALSE(verify_checkpoint(chain.id, SignedChain{4, 77}.set(), checkpoint).ok());
}

TEST_CASE("exactly a quorum of distinct validators finalizes, neither fewer nor more") {
  for (const std::size_t n : {1u, 4u, 5u, 7u}) {
    SignedChain chain{n};
    const Header header = chain.next_header({});
    const std::size_t quorum = chain.set().quorum();
    CHECK(quorum == n - (n - 1) / 3);
    for (std::size_t signers = 1; signers <= n; ++signers) {
      const Checkpoint checkpoint{header, chain.finalize(header, signers)};
      CAPTURE(n, signers);
      CHECK(verify_checkpoint(chain.id, chain.set(), checkpoint).ok() == (signers == quorum));
    }
  }
}

TEST_CASE("one signature does not count for two validators") {
  SignedChain chain{4};
  const Header header = chain.next_header({});
  Checkpoint checkpoint{header, chain.finalize(header)};
  checkpoint.proof.finalization.signatures[1] = checkpoint.proof.finalization.signatures[0];
  CHECK_FALSE(verify_checkpoint(chain.id, chain.set(), checkpoint).ok());
}

TEST_CASE("a block is final through a certified descendant of its epoch") {
  SignedChain chain{4};
  const Header first = chain.next_header({});
  const Header second = chain.next_header({});
  const Header third = chain.next_header({});
  FinalityProof proof = chain.finalize(third);
  proof.links = {second, third};
  CHECK(verify_checkpoint(chain.id, chain.set(), {first, proof}).ok());
  proof.links = {third};
  CHECK(verify_checkpoint(chain.id, chain.set(), {second, proof}).ok());
  CHECK_FALSE(verify_checkpoint(chain.id, chain.set(), {first, proof}).ok());  // a gap
  CHECK_FALSE(verify_checkpoint(chain.id, chain.set(), {first, chain.finalize(third)}).ok());
}

TEST_CASE("a sealing block is final through fillers only") {
  SignedChain chain{4};
  const SignedChain next{4, 50};

  const Header sealing = chain.next_header({}, next.set().digest());
  Header filler = chain.next_header({}, next.set().digest());
  filler.filler = true;

  FinalityProof through_filler = chain.finalize(filler);
  through_filler.links = {filler};
  CHECK(verify_checkpoint(chain.id, chain.set(), {sealing, through_filler}).ok());

  Header ordinary = filler;
  ordinary.filler = false;
  FinalityProof through_ordinary = chain.finalize(ordinary);
  through_ordinary.links = {ordinary};
  CHECK_FALSE(verify_checkpoint(chain.id, chain.set(), {sealing, through_ordinary}).ok());
}

TEST_CASE("a descendant of the next epoch proves nothing") {
  SignedChain chain{4};
  const Header block = chain.next_header({});
  Header later = chain.next_header({});
  later.epoch = Epoch{1};
  FinalityProof proof = chain.finalize(later);
  proof.links = {later};
  CHECK_FALSE(verify_checkpoint(chain.id, chain.set(), {block, proof}).ok());
}

TEST_CASE(
    "no link may leave the chain, the epoch or the validator set, even if the last one is back") {
  SignedChain chain{4};

  const Header block = chain.next_header({});

  for (int field = 0; field < 4; ++field) {
    Header middle = chain.next_header({});
    middle.parent = block_id(block);
    if (field == 1) middle.chain = counting<ChainId>(0x99);
    if (field == 2) middle.epoch = Epoch{1};
    if (field == 3) middle.validator_set = counting<Hash256>(0x99);

    Header last = chain.next_header({});
    last.parent = block_id(middle);

    FinalityProof proof = chain.finalize(last);
    proof.links = {middle, last};
    CAPTURE(field);
    CHECK(verify_checkpoint(chain.id, chain.set(), {block, proof}).ok() == (field == 0));
  }
}

TEST_CASE("a light client follows set changes from the set that it trusts") {
  SignedChain chain{4};
  SignedChain second{5, 50};
  second.id = chain.id;
  LightClient client{chain.id, Epoch{0}, chain.set()};
  const Header sealing = chain.next_header({}, second.set().digest());
  const SetChange change{{sealing, chain.finalize(sealing)}, second.set()};

  second.begin_epoch(Epoch{1}, sealing);
  const Header later = second.next_header({});
  const Checkpoint checkpoint{later, second.finalize(later)};
  CHECK_FALSE(client.verify(checkpoint).ok());  // the set is not known yet
  REQUIRE(client.follow(change).ok());
  CHECK(client.epoch() == Epoch{1});
  CHECK(client.verify(checkpoint).ok());
  CHECK(client.verify(change.sealing).ok());  // old epochs stay verifiable
  CHECK(client.follow(change).ok());

  Encoder out;
  encode(out, change);
  Decoder in{out.bytes()};
  const auto decoded = decode_set_change(in);
  REQUIRE(decoded.has_value());
  CHECK(in.finished());
  CHECK(decoded->next.digest() == second.set().digest());
}

TEST_CASE("an invented set is not followed") {
  SignedChain chain{4};
  const SignedChain forger{4, 50};
  LightClient client{chain.id, Epoch{0}, chain.set()};

  const Header sealing = chain.next_header({}, forger.set().digest());
  CHECK_FALSE(client.follow({{sealing, forger.finalize(sealing)}, forger.set()}).ok());

  Header signed_by_itself = sealing;
  signed_by_itself.validator_set = forger.set().digest();
  CHECK_FALSE(
      client.follow({{signed_by_itself, forger.finalize(signed_by_itself)}, forger.set()}).ok());

  const Header ordinary = chain.next_header({});
  CHECK_FALSE(client.follow({{ordinary, chain.finalize(ordinary)}, forger.set()}).ok());

  CHECK_FALSE(client.follow({{sealing, chain.finalize(sealing)}, SignedChain{4, 90}.set()}).ok());
  CHECK(client.epoch() == Epoch{0});
}

TEST_CASE("a receipt proves a credential from a trusted set alone") {
  const auto sample = test::sample_receipt();
  const Bytes bytes = encode(sample.receipt);

  const auto receipt = decode_receipt(bytes);
  REQUIRE(receipt.ok());
  CHECK(encode(*receipt) == bytes);

  LightClient client{sample.chain, Epoch{0}, sample.genesis_set};
  const Status verified = verify_receipt(*receipt, client);
  INFO(verified.message());
  CHECK(verified.ok());

  CHECK(receipt->slot.status() == CredentialStatus::kSuspended);
  CHECK(receipt->slot.issuer_index() == IssuerIndex{1007});
  const auto* issuer = receipt->history(sample.issuer_record);
  REQUIRE(issuer != nullptr);
  CHECK(issuer->proof.records.size() == 2);
  CHECK(receipt->history({77, {}}) == nullptr);
}

TEST_CASE("a receipt with any changed bit, cut off or continued is refused") {
  const auto sample = test::sample_receipt();
  const Bytes bytes = encode(sample.receipt);
  const auto valid = [&](ByteView candidate) {
    const auto receipt = decode_receipt(candidate);
    LightClient client{sample.chain, Epoch{0}, sample.genesis_set};
    return receipt.ok() && verify_receipt(*receipt, client).ok();
  };
  REQUIRE(valid(bytes));
  for (std::size_t i = 0; i < bytes.size(); i += i < 700 ? 1 : 13) {
    Bytes damaged = bytes;
    damaged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
    CAPTURE(i);
    CHECK_FALSE(valid(damaged));
  }

  for (std::size_t size = 0; size < bytes.size(); size += 29)
    CHECK_FALSE(valid(ByteView{bytes}.first(size)));

  Bytes longer = bytes;
  longer.push_back(0);
  CHECK_FALSE(valid(longer));
}

}  // namespace testamur::ledger
