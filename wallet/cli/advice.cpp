#include "wallet/cli/advice.h"

#include <utility>

namespace testamur::wallet {
namespace {

constexpr std::pair<std::string_view, std::string_view> kAdvice[] = {
    {"possession",
     "the proof was made for another ledger, institution or key: make it again on the machine that holds the key"},
    {"expired", "its end of validity has passed: run the command again, or draft anew with a later --send-by"},
    {"valid_too_long",
     "it is too early: the ledger takes it only shortly before its end of validity; send it again then"},
    {"replay", "it is on the ledger already"},
    {"unknown_author",
     "this home's institution is not on this ledger: look at testamur institution show, and at --endpoint"},
    {"author_not_in_good_standing",
     "the institution is suspended or has left: ask a validator to propose governance lift"},
    {"author_class",
     "its class does not allow this: testamur institution show names the class; governance propose admission raises "
     "it"},
    {"unknown_key", "the key is not registered: testamur key list shows those that are"},
    {"key_of_another", "sign with a key of the institution in whose name this is"},
    {"key_purpose", "sign with a key of the purpose that this kind needs"},
    {"key_retired", "the key is retired: sign with another one (testamur key list)"},
    {"signature_threshold",
     "more holders of root keys must sign: use --draft FILE, testamur sign FILE, testamur send FILE"},
    {"limit", "the ledger's parameters bound this: testamur governance parameters shows them"},
    {"block_full", "try again in a moment"},
    {"later_protocol",
     "the ledger does not follow the protocol version that brings this: governance propose protocol activates it"},
    {"unknown_institution", "check the id; testamur registry institutions lists all"},
    {"key_exists", "this key was registered before: make a fresh one"},
    {"compromised_in_future", "give a date that has passed"},
    {"last_key", "add another root key first (testamur key add root), then retire this one"},
    {"facts_unchanged", "the ledger says this already"},
    {"facts_frozen", "a new country is a new institution: register it, then use testamur institution succeed"},
};

}  // namespace

std::string_view advice_for(std::string_view code) {
  for (const auto& [name, advice] : kAdvice) {
    if (name == code) return advice;
  }
  return {};
}

}  // namespace testamur::wallet
