// The words follow from the record alone, so that founders on machines without a network read the
// same and can compare the chain id over another channel. Parameters are shown where they differ
// from the standard.
#include "wallet/cli/description/genesis_description.h"

#include <algorithm>

#include "ledger/tx/facts.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/terminal.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

std::string line(const std::string& name, const std::string& text) {
  return "  " + name + std::string(name.size() < 14 ? 14 - name.size() : 1, ' ') + text + "\n";
}

std::string class_text(tx::InstitutionClass value) {
  switch (value) {
    case tx::InstitutionClass::kListed: return "listed";
    case tx::InstitutionClass::kIssuer: return "issuer";
    case tx::InstitutionClass::kAccreditor: return "accreditor";
    case tx::InstitutionClass::kValidator: return "validator";
  }
  return "";
}

bool is_validator(const ledger::Genesis& genesis, const InstitutionId& id) {
  return std::ranges::find(genesis.content.validators, id,
                           &ledger::GenesisValidator::institution) !=
         genesis.content.validators.end();
}

std::string party_lines(const ledger::Genesis& genesis, const ledger::GenesisParty& party) {
  const auto id = ledger::party_id(party);
  const auto roots =
      std::ranges::count(party.keys, KeyPurpose::kRoot, &ledger::GenesisKey::purpose);

  std::string text =
      "    " + toned(Tone::kStrong, std::string(tx::best_text(party.facts.legal_names))) + ", " +
      party.facts.country + ", " + party.facts.domain + "\n      " + to_text(id) + ", " +
      class_text(party.institution_class) + (is_validator(genesis, id) ? " with a seat" : "") +
      ", " + std::to_string(party.root_threshold) + " of " + std::to_string(roots) +
      " root keys sign\n";

  const std::pair<const char*, const std::string*> identifiers[] = {{"ror", &party.facts.ror},
                                                                    {"eter", &party.facts.eter},
                                                                    {"lei", &party.facts.lei},
                                                                    {"deqar", &party.facts.deqar}};
  for (const auto& [name, value] : identifiers) {
    if (!value->empty()) text += "      " + std::string(name) + ": " + *value + "\n";
  }

  for (const auto& key : party.keys) {
    const std::string purpose(to_text(key.purpose));
    text += "      " + purpose + std::string(purpose.size() < 11 ? 11 - purpose.size() : 1, ' ') +
            to_text(key_id(key.purpose, key.key)) + "\n";
  }

  return text;
}

std::string parameters_text(const ledger::Parameters& parameters) {
  std::string text;
  for (const auto& row : ledger::parameter_rows()) {
    if (parameters[row.id] == row.standard) continue;
    text += (text.empty() ? "" : "\n                ") + std::string(row.name) + " = " +
            std::to_string(parameters[row.id]) + " (standard " + std::to_string(row.standard) + ")";
  }
  return text.empty() ? "all standard" : text;
}

std::string agreement_text(std::size_t n) {
  if (n == 0) return "no validators yet";
  const auto f = (n - 1) / 3;
  return "n = " + std::to_string(n) + " validators; f = " + std::to_string(f) +
         " of them may fail; q = " + std::to_string(n - f) + " agree on a block";
}

std::string recovery_lines(const ledger::Genesis& genesis) {
  const auto& continues = *genesis.content.continues;
  const auto& header = continues.last.header;

  std::string text =
      line("continues", to_text(continues.chain())) +
      line("after", "block " + std::to_string(header.height.value) + " of epoch " +
                        std::to_string(header.epoch.value) + ", " + time_text(header.time_ms) +
                        ", " + ledger::block_id(header).hex()) +
      line("keeps", std::to_string(header.roots.log_size) + " transactions, " +
                        std::to_string(header.roots.page_count) +
                        " pages of credentials, the registry");

  for (const auto& signatory : ledger::signatories(genesis)) {
    text += "    " + toned(Tone::kStrong, signatory.name) + ", " + to_text(signatory.institution) +
            (signatory.must_sign ? ", goes on as a validator" : ", without a seat from now on") +
            "\n";
  }

  for (const auto& replaced : continues.keys) {
    text += "    new " + std::string(to_text(replaced.purpose)) + " key of " +
            to_text(replaced.institution) + ": " + to_text(key_id(replaced.purpose, replaced.key)) +
            "\n";
  }

  return text;
}

std::string signature_lines(const ledger::Genesis& genesis) {
  std::string done, open;

  const auto add = [](std::string& list, const std::string& name) {
    list += (list.empty() ? "" : ", ") + name;
  };

  for (const auto& signatory : ledger::signatories(genesis)) {
    if (signatory.has_signed()) {
      add(done, signatory.name);
    } else {
      add(open, signatory.name + (signatory.must_sign ? "" : " (may)"));
    }
  }

  return line("have signed", done.empty() ? "nobody" : done) +
         line("not yet", open.empty() ? "nobody" : open) +
         line("must sign", std::to_string(ledger::signatories_needed(genesis)) + " institutions");
}

}  // namespace

bool only_signatures_missing(const std::vector<ledger::GenesisFault>& faults) {
  return std::ranges::all_of(faults, [](const auto& fault) {
    return fault.name == "founder_missing" || fault.name == "founders_too_few";
  });
}

std::string genesis_text(const ledger::Genesis& genesis,
                         const std::vector<ledger::GenesisFault>& faults) {
  const auto& content = genesis.content;
  const bool recovery = content.continues.has_value();

  std::string text =
      recovery ? "a recovery: a ledger that lost its keys goes on\n" : "a genesis: a new ledger\n";

  text += line("chain id", toned(Tone::kStrong, to_text(genesis.chain))) +
          line("time", time_text(content.time_ms)) +
          line("protocol", "version " + std::to_string(content.protocol_version)) +
          line("agreement", agreement_text(content.validators.size())) +
          line("parameters", parameters_text(content.parameters));

  if (!recovery) {
    text += line("parties", std::to_string(content.parties.size()));
    for (const auto& party : content.parties) text += party_lines(genesis, party);
  } else if (!content.continues->sets.empty()) {
    text += recovery_lines(genesis);
  }

  if (!content.validators.empty()) text += signature_lines(genesis);

  if (faults.empty()) return text + "complete: nodes and wallets take this file\n";

  text += only_signatures_missing(faults) ? "not complete:\n" : toned(Tone::kBad, "wrong") + ":\n";
  for (const auto& fault : faults) text += "  " + fault.what + " [" + fault.name + "]\n";
  return text;
}

Json genesis_json(const ledger::Genesis& genesis, const std::vector<ledger::GenesisFault>& faults) {
  const auto& content = genesis.content;

  Json json{{"chain", to_text(genesis.chain)},
            {"time_ms", content.time_ms},
            {"protocol_version", content.protocol_version},
            {"validators", content.validators.size()},
            {"complete", faults.empty()}};

  json["parties"] = Json::array();
  for (const auto& party : content.parties) {
    json["parties"].push_back(Json{{"institution", to_text(ledger::party_id(party))},
                                   {"name", std::string(tx::best_text(party.facts.legal_names))},
                                   {"domain", party.facts.domain},
                                   {"class", class_text(party.institution_class)},
                                   {"country", party.facts.country},
                                   {"ror", party.facts.ror},
                                   {"eter", party.facts.eter},
                                   {"lei", party.facts.lei},
                                   {"deqar", party.facts.deqar}});
  }

  json["signatories"] = Json::array();
  if (!content.validators.empty()) {
    for (const auto& signatory : ledger::signatories(genesis)) {
      json["signatories"].push_back(Json{{"institution", to_text(signatory.institution)},
                                         {"name", signatory.name},
                                         {"must_sign", signatory.must_sign},
                                         {"signed", signatory.has_signed()}});
    }
  }

  json["faults"] = Json::array();
  for (const auto& fault : faults)
    json["faults"].push_back(Json{{"name", fault.name}, {"what", fault.what}});

  if (content.continues) {
    const auto& header = content.continues->last.header;
    json["continues"] = Json{{"chain", to_text(header.chain)},
                             {"height", header.height.value},
                             {"epoch", header.epoch.value},
                             {"block", ledger::block_id(header).hex()}};
  }
  return json;
}

}  // namespace testamur::wallet
