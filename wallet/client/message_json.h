// Any message of the API as JSON, driven by its descriptor, and back: what `--json` prints
// (shown.h), what a graph file holds (graph_file.h) and what a transaction says
// (transaction_json.h). Answers of nodes are decoded by decode.h.
//
// Byte fields are lower-case hexadecimal. An enumerator is the part after its type's prefix, in
// lower case ("not_listed"). 64-bit numbers are numbers. A field with presence that is absent is
// left out; any other field is always written, also when it is zero or empty. Pure; any thread.
#pragma once

#include <string>

#include "common/result.h"
#include "wallet/keystore/strict_json.h"

namespace google::protobuf {
class EnumValueDescriptor;
class Message;
}  // namespace google::protobuf

namespace testamur::wallet {

Json to_json(const google::protobuf::Message& message);
// The inverse on everything that to_json() makes. Fails on a member that is missing though
// to_json() writes it always, on one that the message does not have, and on a value of another
// kind; the failure names the member.
Status read_message(const Json& json, google::protobuf::Message& message);
// DECISION_OUTCOME_ACCEPT of enum DecisionOutcome is "accept".
std::string enumerator_text(const google::protobuf::EnumValueDescriptor& value);

}  // namespace testamur::wallet
