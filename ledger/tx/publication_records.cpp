#include "ledger/tx/publication_records.h"

#include "ledger/registry.h"
#include "ledger/tx/facts_codec.h"
#include "ledger/tx/record_codec.h"

namespace testamur::ledger::tx {

Bytes encode(const PolicyRecord& record) {
  auto out = begin_record(record.cause);
  out.fixed(record.content.digest).sized(as_bytes(record.content.url));
  return out.take();
}

Result<PolicyRecord> decode_policy(const InstitutionId& institution, const Anchored& at,
                                   ByteView body) {
  Decoder in(body);
  PolicyRecord record;
  record.at = at;
  record.institution = institution;
  record.cause = begin_record(in);
  record.content.digest = in.fixed<Hash256>();
  record.content.url = as_text(in.sized(kUrlLimitBytes));
  if (!in.finished() || form_error(record.content)) return malformed_record("a policy");
  return record;
}

std::optional<PolicyRecord> read_policy(const StateReader& state,
                                        const InstitutionId& institution) {
  auto newest = policies_of(state, institution, 1);
  if (newest.empty()) return std::nullopt;
  return std::move(newest.front());
}

std::vector<PolicyRecord> policies_of(const StateReader& state, const InstitutionId& institution,
                                      std::size_t most) {
  const auto name = record_name(RegistryKind::kPolicies, registry_id(institution));
  const Registry registry(state);
  std::vector<PolicyRecord> newest;
  const auto head = registry.head(name);
  for (auto seq = head ? head->last : 0; seq > 0 && newest.size() < most; --seq) {
    const auto record = registry.record(name, seq);
    TM_CHECK(record, "a registry head counts a record that is not there");
    newest.push_back(intact(decode_policy(institution, anchored(seq, *record), record->body)));
  }
  return newest;
}

Bytes encode(const RuleRecord& record) {
  const auto& content = record.content;
  auto out = begin_record(record.cause);
  out.u32(content.number).u16(content.version);
  encode(out, content.titles);
  out.fixed(content.digest).sized(as_bytes(content.url));
  return out.take();
}

Result<RuleRecord> decode_rule(const InstitutionId& institution, const Anchored& at,
                               ByteView body) {
  Decoder in(body);
  RuleRecord record;
  record.at = at;
  record.institution = institution;
  record.cause = begin_record(in);
  record.content.number = in.u32();
  record.content.version = in.u16();
  record.content.titles = decode_texts(in);
  record.content.digest = in.fixed<Hash256>();
  record.content.url = as_text(in.sized(kUrlLimitBytes));
  if (!in.finished() || form_error(record.content)) return malformed_record("a rule");
  return record;
}

std::optional<RuleRecord> read_rule(const StateReader& state, const AchievementId& id) {
  const auto record = Registry(state).record(record_name(RegistryKind::kRules, registry_id(id)), 1);
  if (!record) return std::nullopt;
  return intact(decode_rule(id.institution, anchored(1, *record), record->body));
}

}  // namespace testamur::ledger::tx
