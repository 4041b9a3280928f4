// Files that were written before the messages had counts lack them. In a file a list is there or
// its absence is an error, so that the counts follow from the lists; on the wire they do not
// (decode_registry.cpp).
#include "wallet/client/graph_file.h"

#include "wallet/client/decode.h"
#include "wallet/client/decode_parts.h"
#include "wallet/client/message_json.h"

namespace testamur::wallet {
namespace {

void complete(v1::ScopeView& scope) {
  if (scope.has_entries()) return;
  scope.set_entries(static_cast<std::uint32_t>(scope.fields_size() + scope.levels_size() +
                                               scope.award_types_size() + scope.purposes_size() +
                                               scope.achievements_size()));
}

// Of an institution's record or a version of it.
template <class View>
void complete_parent(View& view) {
  if (!view.has_parent_id() && view.has_facts()) view.set_parent_id(view.facts().parent());
}

void complete(v1::SuccessionView& view) {
  if (view.has_party_count()) return;
  view.set_party_count(static_cast<std::uint32_t>(
      view.predecessors_size() + view.successors_size() + (view.has_heir() ? 1 : 0)));
}

}  // namespace

Result<AsOf> read_as_of(const Json& as_of) {
  v1::AsOf view;
  TM_TRY_STATUS(read_message(as_of, view));
  const auto read = parts::as_of_from(true, view);
  if (!read) return error("\"as_of\" says no time");
  return *read;
}

Result<InstitutionAnswer> read_institution(const Json& institution_view) {
  v1::InstitutionView view;
  TM_TRY_STATUS(read_message(institution_view, view));
  complete_parent(view);
  for (auto& version : *view.mutable_history()) complete_parent(version);
  for (auto& succession : *view.mutable_successions()) complete(succession);
  if (!view.has_key_count()) view.set_key_count(static_cast<std::uint32_t>(view.keys_size()));
  if (!view.has_version_count())
    view.set_version_count(static_cast<std::uint32_t>(view.history_size()));
  return decode(view);
}

Result<StatementAnswer> read_statement(const Json& statement_view) {
  v1::StatementView view;
  TM_TRY_STATUS(read_message(statement_view, view));
  if (view.has_scope()) complete(*view.mutable_scope());
  if (!view.has_names_count()) view.set_names_count(static_cast<std::uint32_t>(view.names_size()));
  return decode(view);
}

Result<SuccessionAnswer> read_succession(const Json& succession_view) {
  v1::SuccessionView view;
  TM_TRY_STATUS(read_message(succession_view, view));
  complete(view);
  return decode(view);
}

Result<AchievementAnswer> read_achievement(const Json& achievement_view) {
  v1::AchievementView view;
  TM_TRY_STATUS(read_message(achievement_view, view));
  if (view.has_point()) complete(*view.mutable_point());
  return decode(view);
}

}  // namespace testamur::wallet
