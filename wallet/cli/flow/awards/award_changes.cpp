#include "wallet/cli/flow/awards/award_changes.h"

#include <algorithm>

#include "common/visible.h"
#include "wallet/cli/dates.h"
#include "wallet/credential/credential.h"

namespace testamur::wallet {
namespace {

using Value = std::optional<std::string>;

Value shown(const Claims& claims, const ClaimKind& kind) {
  const auto found = claims.find(kind.id);
  if (found == claims.end()) return std::nullopt;
  return to_display(kind, found->second);
}

Value last_day(const CredentialHead& head) {
  if (!head.expires_at_s) return std::nullopt;
  return last_day_text(*head.expires_at_s * 1000);
}

std::string delivery_words(Delivery delivery) {
  switch (delivery) {
    case Delivery::kRequest: return "locked to the wallet that asked for it";
    case Delivery::kCode: return "opened by a claim code";
    case Delivery::kPurged: break;
  }
  return "opened by a claim code that was purged";
}

// Which key signs is of no matter to the learner, except where the old one made the award
// worthless.
bool needs_another_key(const RegisteredAward& before) {
  return before.status == "void" || before.status == "invalid";
}

}  // namespace

std::vector<AwardChange> changes_between(const RegisteredAward& before, const Award& after) {
  const auto old = read_credential(before.credential);
  const auto fresh = read_credential(after.sd_jwt);
  TM_CHECK(old.ok() && fresh.ok(), old.message(), fresh.message());

  std::vector<AwardChange> changes;
  const auto compare = [&](std::string field, std::string label, Value was, Value is) {
    if (was != is)
      changes.push_back({std::move(field), std::move(label), std::move(was), std::move(is)});
  };

  for (const auto& kind : claim_kinds()) {
    compare(std::string(kind.name), std::string(kind.label), shown(old->disclosed, kind),
            shown(fresh->disclosed, kind));
  }
  compare("achievement", "achievement", to_text(old->head.achievement),
          to_text(fresh->head.achievement));
  compare("expires", "last day", last_day(old->head), last_day(fresh->head));
  compare("issuer", "issuer's domain", old->head.issuer_domain, fresh->head.issuer_domain);

  const auto delivery = after.recipient ? Delivery::kRequest : Delivery::kCode;
  compare("delivery", "delivery", delivery_words(before.delivery), delivery_words(delivery));
  const bool both_asked = before.delivery == Delivery::kRequest && delivery == Delivery::kRequest;
  if (both_asked && old->head.holder != fresh->head.holder)
    changes.push_back({"wallet", "wallet", "the one that asked then", "the one that asks now"});
  if (needs_another_key(before))
    compare("key", "signed by", to_text(old->head.issuer_key), to_text(fresh->head.issuer_key));
  return changes;
}

std::string to_text(const std::vector<AwardChange>& changes) {
  const auto words = [](const Value& value) {
    return value ? one_line(*value) : std::string("(not stated)");
  };
  std::string text;
  for (const auto& each : changes)
    text += "  " + each.label + "  " + words(each.before) + " -> " + words(each.after) + "\n";
  return text;
}

Json to_json(const std::vector<AwardChange>& changes) {
  const auto value = [](const Value& text) { return text ? Json(*text) : Json(nullptr); };
  Json list = Json::array();
  for (const auto& each : changes)
    list.push_back(
        {{"field", each.field}, {"old", value(each.before)}, {"new", value(each.after)}});
  return list;
}

std::string about_dropped(const std::vector<AwardChange>& changes) {
  std::string names;
  std::size_t count = 0;
  for (const auto& change : changes) {
    if (!change.before || change.after) continue;
    names += (count++ == 0 ? "" : ", ") + change.label;
  }
  if (count == 0) return {};
  return "the new award does not state " + std::to_string(count) +
         (count == 1 ? " thing" : " things") + " that the old one states (" + names +
         "): the list of a correction has every claim that is to stay";
}

std::string about_other_person(const std::vector<AwardChange>& changes) {
  const auto is_other = [&changes](ClaimId id) {
    const auto& name = kind_of(id).name;
    return std::ranges::any_of(changes, [&name](const AwardChange& change) {
      return change.field == name && change.before && change.after;
    });
  };
  if (!is_other(ClaimId::kGivenName) || !is_other(ClaimId::kFamilyName) ||
      !is_other(ClaimId::kBirthDate))
    return {};
  return "given name, family name and birth date all change: is this the row of another learner?";
}

}  // namespace testamur::wallet
