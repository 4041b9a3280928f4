// Drafts: transactions on their way to their signatures, as files that several people sign on
// machines without a network (docs/formats/draft.md).
//
// A draft carries the body and what is still missing. Nothing in it is believed: the transaction's
// id is computed from the body, key ids from the public keys, and a signature counts only if it
// verifies. What it says of names is unverified, and shown as such. Plain values; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/keys.h"
#include "common/result.h"
#include "ledger/tx/build.h"
#include "ledger/tx/transaction.h"

namespace testamur::wallet {

// Names of institutions by their text id.
using Names = std::map<std::string, std::string>;

// `needed` of these keys sign.
struct DraftSigner {
  InstitutionId institution;
  KeyPurpose purpose = KeyPurpose::kRoot;
  std::uint32_t needed = 1;
  std::vector<PublicKey> keys;
};

// A key that the transaction registers for a new institution, and the proof that somebody holds it.
struct DraftProof {
  KeyPurpose purpose = KeyPurpose::kRoot;
  PublicKey key;
  std::optional<Signature> proof;
};

struct Draft {
  ChainId chain;
  ledger::tx::UnsignedTransaction transaction;
  std::vector<DraftSigner> signers;
  std::vector<ledger::tx::SignatureEntry> signatures;
  std::vector<DraftProof> proofs;  // of an institution_register only, in the order of its keys
  std::uint64_t window_ms = 0;     // how long before its end of validity the ledger takes it
  Names names;
};

// A draft without signatures.
Draft begin_draft(const ChainId& chain, const ledger::tx::UnsignedTransaction& transaction,
                  std::vector<DraftSigner> signers, std::uint64_t window_ms, Names names);

std::string draft_text(const Draft& draft);
// Fails naming file and member; also on a signature that does not verify.
Result<Draft> parse_draft(std::string_view text, const std::string& file);
Result<Draft> read_draft(const std::string& file);

// What its body says, which lives no longer than the draft.
ledger::tx::DecodedBody decoded_body(const Draft& draft);
// The id that the institution has or gets. Precondition: it is the draft of a registration.
InstitutionId registered_id(const Draft& draft);

// Adds the signature, or the proof of possession, of this key where the draft asks for it. Returns
// whether anything was added: a key that the draft does not name, or has already, adds nothing.
bool sign_draft(Draft& draft, KeyPurpose purpose, const SecretKey& key);
// Whether the draft asks for a key of this purpose at all.
bool asks_for(const Draft& draft, KeyPurpose purpose);
// Takes over the signatures and proofs that `copy` has and `draft` lacks. Fails when it is a draft
// of another transaction.
Status merge(Draft& draft, const Draft& copy);

// What is missing before it can be sent, a sentence each; empty when it is complete.
std::vector<std::string> missing(const Draft& draft);
// The carried bytes. Precondition: missing() is empty.
Bytes carried(const Draft& draft);

std::uint64_t valid_until_ms(const Draft& draft);
// When the ledger begins to take it.
std::uint64_t valid_from_ms(const Draft& draft);

}  // namespace testamur::wallet
