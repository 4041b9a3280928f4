// Decoders of ledger/: structures and proofs, transactions, the genesis record.
#include <nlohmann/json.hpp>

#include "common/check.h"
#include "ledger/genesis.h"
#include "ledger/tx/build.h"
#include "ledger/tx/wire/scanner.h"
#include "testamur/v1/transaction.pb.h"
#include "tests/fuzz/target.h"
#include "tests/ledger/core_decoders.h"
#include "tests/ledger/tx_fixture.h"
#include "tests/support/shared.h"

namespace testamur::fuzz {
namespace {

namespace tx = ledger::tx;

// The first byte chooses the decoder.
void structures(ByteView input) {
  if (input.empty()) return;
  const auto decoders = test::ledger_decoders();
  const auto& decoder = decoders[input[0] % decoders.size()];
  const auto result = decoder.decode_and_encode(input.subspan(1));
  law(!result || equal(*result, input.subspan(1)), decoder.name);
}

std::vector<Bytes> structure_seeds() {
  std::vector<Bytes> seeds;
  const auto inputs = test::valid_decoder_inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Bytes bytes{static_cast<std::uint8_t>(i)};
    bytes.insert(bytes.end(), inputs[i].begin(), inputs[i].end());
    seeds.push_back(std::move(bytes));
  }
  return seeds;
}

const ChainId kChain = test::counting<ChainId>(0);

// Bodies of every kind, from the golden vectors.
std::vector<Bytes> body_seeds() {
  static const auto vectors =
      nlohmann::json::parse(test::read_file(test::source_file("tests/vectors/ledger_tx.json")));
  std::vector<Bytes> bodies;
  for (const auto& golden : vectors["bodies"])
    bodies.push_back(from_hex(golden["body"].get<std::string>()).value());
  return bodies;
}

// What the scanner lets through has one encoding only: libprotobuf, which knows none of the
// scanner's rules, writes the same bytes again.
void wire_scanner(ByteView input) {
  static const tx::wire::Grammar grammar(*v1::TransactionBody::descriptor());
  if (grammar.scan(input)) return;
  v1::TransactionBody message;
  law(message.ParseFromArray(input.data(), static_cast<int>(input.size())),
      "libprotobuf refuses what is strict");
  std::string again;
  law(message.SerializeToString(&again), "libprotobuf cannot write what is strict");
  law(again == as_text(input), "a strict body has a second encoding");
}

// A transaction that was accepted is what its bytes say: signed again from its parts, it has the
// same bytes.
void transaction(ByteView input) {
  const auto decoded = tx::decode(kChain, to_bytes(input));
  const auto* accepted = std::get_if<tx::SharedTransaction>(&decoded);
  if (accepted == nullptr) return;
  const auto& one = **accepted;

  law(equal(one.encoded(), input), "carried other bytes than were given");
  law(one.id() == tx::transaction_id(kChain, one.body()), "another id");

  v1::TransactionBody message;
  law(message.ParseFromArray(one.body().data(), static_cast<int>(one.body().size())),
      "libprotobuf refuses a body");
  law(message.SerializeAsString() == as_text(one.body()), "a body has a second encoding");

  const tx::Envelope envelope{kChain, one.author(), tx::Nonce::prefix_of(as_bytes(message.nonce())),
                              one.valid_until_ms()};
  const auto again = tx::build(envelope, one.content());
  const auto* built = std::get_if<tx::UnsignedTransaction>(&again);
  law(built != nullptr && equal(built->body, one.body()), "a content says less than its body");

  v1::SignedTransaction carried;
  law(carried.ParseFromArray(input.data(), static_cast<int>(input.size())),
      "libprotobuf refuses an accepted one");
  law(carried.SerializeAsString() == as_text(input), "a transaction has a second encoding");

  // The proofs of a registration stand outside the body, and without them attach() gives other
  // bytes.
  if (!one.possession_proofs().empty()) return;

  std::vector<tx::SignatureEntry> signatures(one.signatures().begin(), one.signatures().end());
  law(equal(tx::attach({to_bytes(one.body()), one.id()}, std::move(signatures)), input),
      "signatures in another order");
}

std::vector<Bytes> transaction_seeds() {
  std::vector<Bytes> seeds;
  tx::SignatureEntry first{test::counting<KeyId>(1), test::counting<Signature>(7)};
  tx::SignatureEntry second{test::counting<KeyId>(2), test::counting<Signature>(9)};
  for (auto& body : body_seeds()) {
    const auto id = tx::transaction_id(kChain, body);
    seeds.push_back(tx::attach({body, id}, {first}));
    seeds.push_back(tx::attach({std::move(body), id}, {first, second}));
  }
  return seeds;
}

void genesis(ByteView input) {
  const auto decoded = ledger::decode_genesis_draft(input);
  if (!decoded.ok()) return;
  law(equal(ledger::encode(*decoded), input), "a genesis record has a second encoding");
  law(ledger::find_faults(*decoded).empty() == ledger::decode_genesis(input).ok(),
      "a fault is not refused");
}
std::vector<Bytes> genesis_seeds() {
  const auto vectors =
      nlohmann::json::parse(test::read_file(test::source_file("tests/vectors/ledger_tx.json")));
  return {ledger::encode(test::sample_genesis()),
          from_hex(vectors["recovery"]["record"].get<std::string>()).value_or(Bytes{})};
}

// The texts of ids, keys and references that people copy.
void id_texts(ByteView input) {
  const auto text = as_text(input);
  const auto again = [&](const auto& parsed) {
    law(!parsed.ok() || to_text(*parsed) == text, "an id has a second text");
  };
  again(parse_chain_id(text));
  again(parse_institution_id(text));
  again(parse_transaction_id(text));
}
std::vector<Bytes> id_seeds() {
  return {seed(to_text(kChain)), seed(to_text(test::counting<InstitutionId>(1))),
          seed(to_text(test::counting<TransactionId>(1)))};
}

constexpr Target kTargets[] = {
    {"ledger-structures", structures, structure_seeds},
    {"wire-scanner", wire_scanner, body_seeds},
    {"transaction", transaction, transaction_seeds},
    {"genesis-record", genesis, genesis_seeds},
    {"id-texts", id_texts, id_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

}  // namespace testamur::fuzz
