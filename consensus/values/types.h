// What the consensus engine speaks of: statements, votes, certificates, proposals, blocks,
// evidence.
//
// Values; pure; any thread. Byte layouts: docs/formats/consensus.md and consensus/values/codec.h.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "common/keys.h"
#include "consensus/values/validator_set.h"

namespace testamur::consensus {

// What a consensus key can say. The values are part of signed and stored formats.
enum class Act : std::uint8_t { kPropose = 1, kNotarize = 2, kNullify = 3, kFinalize = 4 };
const char* to_text(Act act);

// One thing that a key may sign. Nullify names no block: its parent_view and block are zero.
struct Statement {
  Act act = Act::kNullify;
  Epoch epoch;
  View view;
  View parent_view;  // view of the block's parent; 0 = the block with which the epoch begins
  BlockId block;
  auto operator<=>(const Statement&) const = default;
};

// The 32 bytes that are signed with BIP-340: H_tag(testamur/<act>, chain id || epoch ||
// validator-set digest || view), for propose, notarize and finalize followed by parent view ||
// block id.
Hash256 signing_digest(const ChainId& chain, const Hash256& set_digest, const Statement& statement);

// A statement (notarize, nullify or finalize) signed by the validator with this index.
struct Vote {
  Statement statement;
  std::uint8_t voter = 0;
  Signature signature;
  bool operator==(const Vote&) const = default;
};

// A quorum's signatures under one statement (never propose). Bit i of `signers` = validator i;
// `signatures` holds exactly one per set bit, in index order.
struct Certificate {
  Statement statement;
  std::uint32_t signers = 0;
  std::vector<Signature> signatures;
  bool operator==(const Certificate&) const = default;
};
using CertificatePtr = std::shared_ptr<const Certificate>;

// What the engine needs to know of a header; read by the driver from the header's bytes alone.
struct HeaderFacts {
  BlockId id;  // always set: the tagged hash of the bytes
  bool well_formed = false;
  Epoch epoch;
  View view;
  Height height;
  BlockId parent;
  InstitutionId proposer;
  bool empty = false;    // carries no transactions (its payload digest is that of the empty list)
  bool sealing = false;  // ends the epoch: commits the next validator set
  bool filler = false;   // repeats the sealing block below it; changes nothing
  bool operator==(const HeaderFacts&) const = default;
};

// A block as its leader sends it. `signature` is the leader's, under {propose, epoch, view, parent
// view, block id}. Headers and bodies are shared, never copied.
struct Proposal {
  Epoch epoch;
  View view;
  View parent_view;
  std::shared_ptr<const Bytes> header;
  std::shared_ptr<const Bytes> body;
  Signature signature;
};

// A proposal whose header was read. A block that came by catch-up has a zero signature and parent
// view.
struct Block {
  Proposal proposal;
  HeaderFacts facts;
};
using BlockPtr = std::shared_ptr<const Block>;

// Why a block is final: a finalization of the block itself (no links), or of a descendant in the
// same epoch; `links` are the headers after the block up to and including the one that the
// certificate names, each naming its predecessor as parent.
struct FinalityProof {
  std::vector<std::shared_ptr<const Bytes>> links;
  CertificatePtr certificate;
};

// Two statements of one key in one view that no honest key makes together: two proposals, two
// notarize or two finalize votes with different block ids, or nullify and finalize. (Notarize and
// nullify together are no misbehaviour.)
struct Evidence {
  InstitutionId validator;
  std::uint8_t index = 0;
  Hash256 set_digest;
  Statement first;
  Signature first_signature;
  Statement second;
  Signature second_signature;
};
bool contradict(const Statement& a, const Statement& b);

}  // namespace testamur::consensus
