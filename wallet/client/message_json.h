// Any message of the API as JSON, driven by its descriptor: what `--json` prints and what the
// commands render for people.
//
// Byte fields are lower-case hexadecimal, enumerators are the part after their type's prefix in
// lower case
// ("not_listed"), 64-bit numbers are numbers, and absent fields are left out of messages but
// present as zero values for scalars, so that a reader need not guess. Pure; any thread.
#pragma once

#include <string>

#include "wallet/keystore/strict_json.h"

namespace google::protobuf {
class EnumValueDescriptor;
class Message;
}  // namespace google::protobuf

namespace testamur::wallet {

Json to_json(const google::protobuf::Message& message);
// DECISION_OUTCOME_ACCEPT of enum DecisionOutcome is "accept".
std::string enumerator_text(const google::protobuf::EnumValueDescriptor& value);

}  // namespace testamur::wallet
