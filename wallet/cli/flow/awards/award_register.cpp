// What the registers say is read from this home alone. Statuses are added afterwards by the word of
// a node, or stay "not_asked". Nothing here is written.
#include "wallet/cli/flow/awards/award_register.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/flow/told_status.h"
#include "wallet/cli/short_id.h"

namespace testamur::wallet {
namespace {

std::string claim_text(const CredentialView& view, ClaimId id) {
  const auto found = view.disclosed.find(id);
  return found == view.disclosed.end() ? std::string{} : to_display(kind_of(id), found->second);
}

std::string title_of(const BatchPlan& plan) {
  const auto title = plan.common.find(ClaimId::kTitle);
  return title == plan.common.end() ? std::string{}
                                    : to_display(kind_of(ClaimId::kTitle), title->second);
}

Delivery delivery_of(const Award& award) {
  if (award.recipient) return Delivery::kRequest;
  return award.claim_code.empty() ? Delivery::kPurged : Delivery::kCode;
}

RegisteredAward read_award(const Award& held, const BatchFolder& folder, const std::string& batch) {
  const BatchPlan& plan = folder.batch().plan;
  RegisteredAward registered;
  auto& award = registered.award;
  award.student = held.student;
  award.batch = batch;
  award.achievement = plan.achievement;
  award.indexes = {plan.first_index + held.position};
  award.committed = folder.batch().committed;
  award.commitments = {folder.batch().commitments[held.position]};
  award.issued = date_text(plan.issued_at_s * 1000);
  registered.title = title_of(plan);
  registered.delivery = delivery_of(held);
  registered.claim_file = folder.claim_path(held);
  registered.file_state = folder.claim_state(held);
  registered.credential = held.sd_jwt;
  registered.chain = plan.chain;

  // What the learner was told, row by row: a list may say another title or date than the
  // achievement.
  if (const auto view = read_credential(held.sd_jwt); view.ok()) {
    registered.given_name = claim_text(*view, ClaimId::kGivenName);
    registered.family_name = claim_text(*view, ClaimId::kFamilyName);
    registered.student_number = claim_text(*view, ClaimId::kStudentNumber);
    registered.name = full_name(view->disclosed);
    award.name = registered.name;
    award.date = claim_text(*view, ClaimId::kAwardDate);
    if (const auto title = claim_text(*view, ClaimId::kTitle); !title.empty())
      registered.title = title;
  }
  return registered;
}

template <class Key>
std::string listed(const std::map<Key, std::size_t>& counts) {
  std::string text;
  for (const auto& [word, count] : counts)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + " " + std::string(word);
  return text;
}

std::string status_word(const std::string& status) {
  if (status == "valid") return "in force";
  std::string word = status;
  std::ranges::replace(word, '_', ' ');
  return word;
}

std::optional<std::uint32_t> parse_number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc{} || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

}  // namespace

std::string_view to_text(Delivery delivery) {
  switch (delivery) {
    case Delivery::kRequest: return "request";
    case Delivery::kCode: return "code";
    case Delivery::kPurged: return "purged";
  }
  return "unknown";
}

std::string_view to_text(ClaimFileState state) {
  switch (state) {
    case ClaimFileState::kGood: return "there";
    case ClaimFileState::kMissing: return "missing";
    case ClaimFileState::kDamaged: return "damaged";
  }
  return "unknown";
}

Attempt<RegisteredBatch> read_batch(const Context& context,
                                    std::span<const age::Identity> identities,
                                    const std::string& name) {
  TM_TRY(const auto folder, open_batch(context, name, identities));
  const Batch& batch = folder.batch();

  RegisteredBatch registered{name,
                             batch.id,
                             batch.plan.achievement,
                             title_of(batch.plan),
                             batch.plan.issued_at_s,
                             batch.plan.expires_at_s,
                             batch.committed,
                             batch.delivered,
                             batch.plan.first_index.value,
                             batch.commitments.size(),
                             {},
                             {}};
  if (!batch.committed) registered.unsent = unsent(batch);

  for (const auto& held : batch.awards) registered.awards.push_back(read_award(held, folder, name));

  std::ranges::sort(registered.awards, {}, [](const auto& each) { return each.award.student; });
  return registered;
}

Attempt<std::vector<RegisteredBatch>> read_batches(const Context& context,
                                                   std::span<const age::Identity> identities,
                                                   const std::string& only) {
  std::vector<RegisteredBatch> batches;
  std::vector<std::string> names{only};
  if (only.empty()) {
    TM_TRY(names, or_exit(ExitCode::kFailure, batch_names(context)));
  }

  std::map<std::string, std::string> folder_of;
  for (const auto& name : names) {
    TM_TRY(auto batch, read_batch(context, identities, name));
    TM_TRY_STATUS(expect_no_copy(folder_of, batch.id, name));
    batches.push_back(std::move(batch));
  }

  std::ranges::stable_sort(batches, {}, &RegisteredBatch::issued_at_s);
  return batches;
}

StatusSource add_statuses(Context& context, std::span<RegisteredBatch> batches) {
  std::vector<RegisteredAward*> sent;
  std::vector<AwardRecord> records;
  for (auto& batch : batches) {
    for (auto& award : batch.awards) {
      award.status = batch.committed ? "not_asked" : "not_sent";
      if (!batch.committed) continue;
      sent.push_back(&award);
      records.push_back(award.award);
    }
  }

  if (sent.empty()) return {true, {}, ExitCode::kOk};
  const auto profile = stored_profile(context);
  if (!profile.ok()) return {false, "status not asked: " + profile.message(), ExitCode::kFailure};

  Client client = context.client();
  const auto slots = slots_of(client, profile->institution, records);
  if (!slots.ok()) return {false, "status not asked: " + slots.message(), slots.failure().exit};
  const auto issuer = asked(client.issuer(profile->institution));
  if (!issuer.ok()) return {false, "status not asked: " + issuer.message(), issuer.failure().exit};

  for (auto* award : sent) {
    const auto& commitments = award->award.commitments;
    const auto slot = commitments.empty() ? slots->end() : slots->find(commitments.front());
    if (slot == slots->end()) {
      award->status = award->on_ledger = "not_listed";
      continue;
    }
    award->status =
        told_status(award->credential, award->chain, slot->second, *issuer, context.now_ms());
    award->on_ledger = status_name(slot->second.status);
  }
  return {true, "status by the word of " + client.answering(), ExitCode::kOk};
}

Attempt<OneAward> read_one_award(Context& context, std::span<const age::Identity> identities,
                                 const std::string& batch, const std::string& student) {
  TM_TRY(auto held, read_batch(context, identities, batch));
  std::vector<AwardRecord> known;
  for (const auto& each : held.awards) known.push_back(each.award);
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  TM_TRY_STATUS(select_awards(known, batches,
                              {{student, {}, batch, typed_option("--student", student)}}, false));

  std::erase_if(held.awards, [&](const auto& each) { return each.award.student != student; });
  auto source = add_statuses(context, std::span(&held, 1));
  return OneAward{std::move(held.awards.front()), std::move(source)};
}

bool is_not_in_force(const RegisteredAward& award) { return is_not_in_force(award.status); }

bool fits(const RegisteredAward& award, const AwardFilter& filter) {
  if (!filter.student.empty() && award.award.student != filter.student) return false;
  if (!filter.status.empty() && award.status != filter.status) return false;
  if (!filter.achievement) return true;
  const auto& wanted = *filter.achievement;
  const auto& has = award.award.achievement;
  return has.institution == wanted.institution && has.number == wanted.number &&
         (wanted.version == 0 || has.version == wanted.version);
}

std::vector<std::string> status_names() {
  return {"valid",   "revoked", "suspended",  "superseded", "void",
          "expired", "invalid", "not_listed", "not_sent",   "unknown"};
}

std::string counts_text(const std::vector<const RegisteredAward*>& awards, bool statuses) {
  std::map<std::string, std::size_t> by_status;
  std::map<std::string, std::size_t> by_delivery;
  for (const auto* award : awards) {
    ++by_status[status_word(award->status)];
    ++by_delivery[award->delivery == Delivery::kPurged
                      ? "by a code that was purged"
                      : "by " + std::string(to_text(award->delivery))];
  }
  return listed(by_delivery) + (statuses && !awards.empty() ? "; " + listed(by_status) : "");
}

Json to_json(const RegisteredAward& award) {
  Json json = to_json(award.award);
  json.update({{"name", award.name},
               {"title", award.title},
               {"delivery", to_text(award.delivery)},
               {"claim_file", award.claim_file},
               {"file_state", to_text(award.file_state)},
               {"status", award.status}});
  return json;
}

Result<AchievementId> achievement_named(const std::string& text, const InstitutionId& own) {
  if (const auto slash = text.find('/'); slash != std::string::npos) {
    const std::string institution = text.substr(0, slash);
    if (!is_short_id(institution, "tmi")) return parse_achievement_id(text);

    // The only institution that can be meant is this home's own.
    const auto whole = complete_id("achievement", institution, "tmi", {to_text(own)});
    if (!whole.ok()) return error(whole.message() + " (this home is of " + to_text(own) + ")");
    return parse_achievement_id(*whole + text.substr(slash));
  }

  const auto point = text.find('.');
  const auto number = parse_number(std::string_view(text).substr(0, point));
  const auto version = point == std::string::npos
                           ? std::optional<std::uint32_t>(0)
                           : parse_number(std::string_view(text).substr(point + 1));

  if (!number || !version || *version > 0xffff) {
    return error(in_quotes(text) +
                 " is no achievement: write <institution>/<number>.<version>, or "
                 "<number>.<version> for one of this "
                 "institution's own");
  }

  return AchievementId{own, *number, static_cast<std::uint16_t>(*version)};
}

Result<AchievementId> version_named(const std::string& what, const std::string& text,
                                    const InstitutionId& own) {
  TM_TRY(const auto id, achievement_named(text, own));
  if (id.version == 0) return error(what + ": name the version too, as in " + text + ".1");
  return id;
}

}  // namespace testamur::wallet
