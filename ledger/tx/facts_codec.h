// The binary form of institutions' facts and of scopes, used in registry records and in the genesis
// record (docs/formats/kinds.md). Strict: decoding fails the decoder on anything that encoding
// would not write. Pure.
#pragma once

#include "common/bytes.h"
#include "ledger/tx/facts.h"

namespace testamur::ledger::tx {

void encode(Encoder& out, const InstitutionFacts& facts);
InstitutionFacts decode_facts(Decoder& in);
// u8 n, n * (sized language, sized text); names and titles only
void encode(Encoder& out, const LocalizedTexts& texts);
LocalizedTexts decode_texts(Decoder& in);
void encode_scope(Encoder& out, const trust::Scope& scope);
trust::Scope decode_scope(Decoder& in);
// u8 algorithm, u32 length, bytes
void encode(Encoder& out, const PublicKey& key);
PublicKey decode_public_key(Decoder& in);

}  // namespace testamur::ledger::tx
