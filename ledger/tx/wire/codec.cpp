// The bodies: one read() and one write() a kind, and what chooses among them, which is a table by
// kind for the first and the type of the content for the second. Longer messages, and those that
// stand in several places, are in messages.cpp and governance.cpp. Every path in a rejection begins
// at the body.
#include "ledger/tx/wire/codec.h"

#include <algorithm>
#include <array>
#include <limits>
#include <variant>

#include "common/check.h"
#include "ledger/pages.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/wire/messages.h"
#include "ledger/tx/wire/scanner.h"

namespace testamur::ledger::tx::wire {

namespace {

using Failure = std::optional<Rejection>;
// Otherwise the overloads below would hide those of messages.h.
using wire::read;
using wire::write;

// The kinds have the highest numbers of a body's fields.
constexpr std::uint32_t kFirstKind = 10;

// Bounds of the form; the ledger's parameters may be lower.
constexpr std::size_t kCommitmentsLimit = 16'384;
constexpr std::size_t kRootsLimit = 8'192;
constexpr std::uint64_t kCountLimit = kRootsLimit * kPageSlots;  // 2^20
constexpr auto kLastIndex = std::numeric_limits<std::uint64_t>::max();

template <class Message>
const Grammar& grammar_of() {
  static const Grammar grammar(*Message::descriptor());
  return grammar;
}

// Precondition: a scan has passed, so libprotobuf only takes apart what has one meaning.
template <class Message>
bool parse(ByteView bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

template <class Message>
Bytes serialize(const Message& message) {
  Bytes bytes(message.ByteSizeLong());
  TM_CHECK(message.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())),
           "a message was not serialized");
  return bytes;
}

// The bytes of one field of a message that has passed a scan; empty when it is absent.
ByteView field_bytes(ByteView message, std::uint32_t number) {
  StrictFields fields(message);
  while (const auto field = fields.next()) {
    if (field->number == number) return field->bytes;
  }
  return {};
}

Rejection about_itself(std::string field) {
  return {
      RejectionCode::kAboutItself, std::move(field), "an institution is not its own parent", {}};
}

// ---- institutions and their keys

Failure read(const v1::InstitutionRegister& message, InstitutionRegisterContent& content) {
  FormCheck check;
  check.require(message.institution_class() == v1::INSTITUTION_CLASS_ISSUER,
                RejectionCode::kFieldRange, "institution_class",
                "an institution begins as an issuer");
  if (check.failed()) return check.result();
  if (auto rejection = prefixed("facts", read(message.facts(), content.facts))) return rejection;

  // Their order makes a set of keys one encoding, and a key stand in it once.
  check.number("keys", static_cast<std::size_t>(message.keys_size()), 1, kListLimit);
  std::size_t roots = 0;
  auto last = std::pair(KeyPurpose::kRoot, KeyId{});
  for (const auto& description : message.keys()) {
    if (check.failed()) return check.result();
    const auto path = FormCheck::element("keys", content.keys.size());
    InstitutionRegisterContent::Key key;
    if (auto rejection = prefixed(path, read(description, key.purpose, key.key))) return rejection;
    const auto place = std::pair(key.purpose, key_id(key.purpose, key.key));
    check.require(content.keys.empty() || last < place, RejectionCode::kNotSorted, path,
                  "by purpose and key id");
    if (key.purpose == KeyPurpose::kRoot) ++roots;
    last = place;
    content.keys.push_back(std::move(key));
  }

  // More than there are roots could never be reached.
  check.number("root_threshold", message.root_threshold(), 1, roots)
      .length("listed", message.listed().size(), InstitutionId::kSize, Presence::kOptional);
  content.root_threshold = static_cast<std::uint8_t>(message.root_threshold());
  content.listed = fixed_from<InstitutionId>(message.listed());

  check
      .require(message.listed().empty() || !content.listed.is_zero(),
               RejectionCode::kExplicitDefault, "listed", "an id of zeros says nothing")
      .require(content.listed.is_zero() || content.facts.parent != content.listed,
               RejectionCode::kAboutItself, "facts.parent", "an institution is not its own parent");
  return check.result();
}

void write(const InstitutionRegisterContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_institution_register();
  message.set_institution_class(v1::INSTITUTION_CLASS_ISSUER);
  write(content.facts, *message.mutable_facts());
  for (const auto& key : content.keys) write(key.purpose, key.key, *message.add_keys());
  message.set_root_threshold(content.root_threshold);
  if (!content.listed.is_zero()) message.set_listed(to_string(content.listed.view()));
}

Failure read(const v1::InstitutionUpdate& message, const InstitutionId& author,
             InstitutionUpdateContent& content) {
  auto failure = read(message.facts(), content.facts);
  if (!failure && content.facts.parent == author) failure = about_itself("parent");
  return prefixed("facts", std::move(failure));
}

void write(const InstitutionUpdateContent& content, v1::TransactionBody& body) {
  write(content.facts, *body.mutable_institution_update()->mutable_facts());
}

Failure read(const v1::InstitutionList& message, InstitutionListContent& content) {
  return prefixed("facts", read(message.facts(), content.facts));
}

void write(const InstitutionListContent& content, v1::TransactionBody& body) {
  write(content.facts, *body.mutable_institution_list()->mutable_facts());
}

Failure read(const v1::InstitutionLeave&, InstitutionLeaveContent&) { return std::nullopt; }

void write(const InstitutionLeaveContent&, v1::TransactionBody& body) {
  body.mutable_institution_leave();
}

Failure read_new_key(const v1::KeyDescription& description, const std::string& possession,
                     KeyAddContent& content) {
  if (auto failure = read(description, content.purpose, content.key)) {
    return prefixed("key", std::move(failure));
  }
  FormCheck check;
  check.length("possession_proof", possession.size(), Signature::kSize, Presence::kRequired);
  content.possession = fixed_from<Signature>(possession);
  return check.result();
}

void write_new_key(const KeyAddContent& content, v1::KeyDescription& description,
                   std::string& possession) {
  write(content.purpose, content.key, description);
  possession = to_string(content.possession.view());
}

Failure read(const v1::KeyAdd& message, KeyAddContent& content) {
  return read_new_key(message.key(), message.possession_proof(), content);
}

void write(const KeyAddContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_key_add();
  write_new_key(content, *message.mutable_key(), *message.mutable_possession_proof());
}

Failure read(const v1::KeyRotate& message, KeyRotateContent& content) {
  FormCheck check;
  check.length("retired_key_id", message.retired_key_id().size(), KeyId::kSize,
               Presence::kRequired);
  if (check.failed()) return check.result();
  content.retired = fixed_from<KeyId>(message.retired_key_id());
  return read_new_key(message.key(), message.possession_proof(), content.added);
}

void write(const KeyRotateContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_key_rotate();
  message.set_retired_key_id(to_string(content.retired.view()));
  write_new_key(content.added, *message.mutable_key(), *message.mutable_possession_proof());
}

Failure read(const v1::KeyRetire& message, KeyRetireContent& content) {
  FormCheck check;
  check.length("key_id", message.key_id().size(), KeyId::kSize, Presence::kRequired);
  content = {fixed_from<KeyId>(message.key_id()), message.compromised_since_ms()};
  return check.result();
}

void write(const KeyRetireContent& content, v1::TransactionBody& body) {
  body.mutable_key_retire()->set_key_id(to_string(content.key.view()));
  body.mutable_key_retire()->set_compromised_since_ms(content.compromised_since_ms);
}

// ---- successions and statements: which message it is, the content knows

Failure read_succession_of(const v1::TransactionBody& body, const InstitutionId& author,
                           SuccessionContent& content) {
  if (auto failure = read_succession(body, content)) return failure;
  if (std::ranges::binary_search(content.parties(), author)) return std::nullopt;
  return Rejection{RejectionCode::kNotAParty, "author", "", {}};
}

void write(const SuccessionContent& content, v1::TransactionBody& body) {
  write_succession(content, body);
}

void write(const StatementContent& content, v1::TransactionBody& body) {
  write_statement(content, body);
}

// ---- publications

Failure read(const v1::AchievementPublish& message, const InstitutionId& author,
             AchievementContent& content) {
  // Before anything is taken apart: a publication is read again whenever its achievement is.
  const auto size = message.ByteSizeLong();
  if (size > kAchievementLimitBytes) {
    return Rejection{
        RejectionCode::kFieldRange,
        "",
        std::to_string(size) + " bytes, at most " + std::to_string(kAchievementLimitBytes),
        {}};
  }
  if (auto failure = read(message, content)) return failure;

  const auto& bodies = content.awarding_bodies;
  if (bodies.empty() || std::ranges::binary_search(bodies, author)) return std::nullopt;
  return Rejection{
      RejectionCode::kNotAwardingBody, "awarding_bodies", "the author is one of them", {}};
}

void write(const AchievementContent& content, v1::TransactionBody& body) {
  write(content, *body.mutable_achievement_publish());
}

Failure read(const v1::AchievementReference& message, AchievementId& id) {
  FormCheck check;
  check
      .length("institution", message.institution().size(), InstitutionId::kSize,
              Presence::kRequired)
      .number("number", message.number(), 1, 0xFFFF'FFFF)
      .number("version", message.version(), 1, 0xFFFF);
  id = {fixed_from<InstitutionId>(message.institution()), message.number(),
        static_cast<std::uint16_t>(message.version())};
  return check.result();
}

void write(const AchievementId& id, v1::AchievementReference& message) {
  message.set_institution(to_string(id.institution.view()));
  message.set_number(id.number);
  message.set_version(id.version);
}

Failure read(const v1::AchievementCosign& message, AchievementCosignContent& content) {
  return prefixed("achievement", read(message.achievement(), content.achievement));
}

void write(const AchievementCosignContent& content, v1::TransactionBody& body) {
  write(content.achievement, *body.mutable_achievement_cosign()->mutable_achievement());
}

Failure read(const v1::AchievementRetire& message, AchievementRetireContent& content) {
  FormCheck check;
  check.number("number", message.number(), 1, 0xFFFF'FFFF)
      .number("version", message.version(), 1, 0xFFFF);
  content = {message.number(), static_cast<std::uint16_t>(message.version())};
  return check.result();
}

void write(const AchievementRetireContent& content, v1::TransactionBody& body) {
  body.mutable_achievement_retire()->set_number(content.number);
  body.mutable_achievement_retire()->set_version(content.version);
}

Failure read(const v1::PolicyPublish& message, PolicyContent& content) {
  FormCheck check;
  check.length("digest", message.digest().size(), Hash256::kSize, Presence::kRequired);
  content = {fixed_from<Hash256>(message.digest()), message.url()};
  return check.failed() ? check.result() : form_error(content);
}

void write(const PolicyContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_policy_publish();
  message.set_digest(to_string(content.digest.view()));
  message.set_url(content.url);
}

Failure read(const v1::RulePublish& message, RuleContent& content) {
  FormCheck check;
  check.length("digest", message.digest().size(), Hash256::kSize, Presence::kRequired);
  content.number = message.number();
  content.version = narrow<std::uint16_t>(check, "version", message.version());
  content.titles = read_texts(message.titles());
  content.digest = fixed_from<Hash256>(message.digest());
  content.url = message.url();
  return check.failed() ? check.result() : form_error(content);
}

void write(const RuleContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_rule_publish();
  message.set_number(content.number);
  message.set_version(content.version);
  write_texts(content.titles, message.mutable_titles());
  message.set_digest(to_string(content.digest.view()));
  message.set_url(content.url);
}

// ---- credentials

// `payload`: the message as carried. The hashes are used where they lie, because a full block is a
// megabyte of them.
Failure read(const v1::IssueListed& message, ByteView payload, IssueListedContent& content) {
  if (auto failure = read(message.achievement(), content.achievement)) {
    return prefixed("achievement", std::move(failure));
  }
  const auto list = field_bytes(payload, v1::IssueListed::kCommitmentsFieldNumber);
  FormCheck check;
  check.hash_list("commitments", list, Commitment::kSize, 1, kCommitmentsLimit)
      .require(message.first_index() <= kLastIndex - list.size() / Commitment::kSize,
               RejectionCode::kIndexOverflow, "first_index");
  if (check.failed()) return check.result();
  content.first_index = IssuerIndex{message.first_index()};
  content.commitments = HashList::view_of(list);
  return std::nullopt;
}

void write(const IssueListedContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_issue_listed();
  write(content.achievement, *message.mutable_achievement());
  message.set_first_index(content.first_index.value);
  auto& commitments = *message.mutable_commitments();
  commitments.reserve(content.commitments.size() * Hash256::kSize);
  for (const auto& commitment : content.commitments.view())
    commitments += as_text(commitment.view());
}

Failure read(const v1::IssueAnchored& message, ByteView payload, IssueAnchoredContent& content) {
  if (auto failure = read(message.achievement(), content.achievement)) {
    return prefixed("achievement", std::move(failure));
  }
  const auto list = field_bytes(payload, v1::IssueAnchored::kPageRootsFieldNumber);
  FormCheck check;
  check.number("count", message.count(), 1, kCountLimit)
      .hash_list("page_roots", list, Hash256::kSize, 1, kRootsLimit);
  if (check.failed()) return check.result();

  const auto pages = (message.count() + kPageSlots - 1) / kPageSlots;
  check
      .require(list.size() / Hash256::kSize == pages, RejectionCode::kHashListLength, "page_roots",
               "one root for every 128 credentials")
      .require(message.first_index() <= kLastIndex - message.count(), RejectionCode::kIndexOverflow,
               "first_index");
  if (check.failed()) return check.result();
  content.first_index = IssuerIndex{message.first_index()};
  content.count = message.count();
  content.page_roots = HashList::view_of(list);
  return std::nullopt;
}

void write(const IssueAnchoredContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_issue_anchored();
  write(content.achievement, *message.mutable_achievement());
  message.set_first_index(content.first_index.value);
  message.set_count(content.count);
  for (const auto& root : content.page_roots.view())
    *message.mutable_page_roots() += as_text(root.view());
}

Failure read(const v1::StatusChange& message, StatusChangeContent& content) {
  FormCheck check;
  check.require(message.action() != 0, RejectionCode::kFieldMissing, "action")
      .require(message.reason() != 0, RejectionCode::kFieldMissing, "reason")
      .require(message.target_case() != v1::StatusChange::TARGET_NOT_SET,
               RejectionCode::kFieldMissing, "target");
  if (check.failed()) return check.result();
  content.action = static_cast<StatusAction>(message.action());
  content.reason = static_cast<StatusReason>(message.reason());

  if (message.has_list()) {
    auto& indexes = content.target.emplace<std::vector<IssuerIndex>>();
    indexes.reserve(static_cast<std::size_t>(message.list().indexes_size()));
    for (const auto index : message.list().indexes()) indexes.emplace_back(index);
  } else if (message.has_ranges()) {
    auto& ranges = content.target.emplace<std::vector<IndexRangeContent>>();
    for (const auto& range : message.ranges().ranges()) {
      ranges.push_back({IssuerIndex{range.first()}, range.count()});
    }
  } else {
    content.target = IndexBitmap{IssuerIndex{message.bulk().first()},
                                 to_bytes(as_bytes(message.bulk().bitmap()))};
  }
  return form_error(content);
}

void write_target(const std::vector<IssuerIndex>& list, v1::StatusChange& message) {
  auto& indexes = *message.mutable_list()->mutable_indexes();
  for (const auto index : list) indexes.Add(index.value);
}

void write_target(const std::vector<IndexRangeContent>& ranges, v1::StatusChange& message) {
  auto& target = *message.mutable_ranges();
  for (const auto& range : ranges) {
    auto& entry = *target.add_ranges();
    entry.set_first(range.first.value);
    entry.set_count(range.count);
  }
}

void write_target(const IndexBitmap& bulk, v1::StatusChange& message) {
  message.mutable_bulk()->set_first(bulk.first.value);
  message.mutable_bulk()->set_bitmap(to_string(bulk.bits));
}

void write(const StatusChangeContent& content, v1::TransactionBody& body) {
  auto& message = *body.mutable_status_change();
  message.set_action(static_cast<v1::StatusAction>(content.action));
  message.set_reason(static_cast<v1::StatusReason>(content.reason));
  std::visit([&](const auto& target) { write_target(target, message); }, content.target);
}

// ---- governance

void write(const ProposalContent& content, v1::TransactionBody& body) {
  write(content, *body.mutable_governance_propose());
}
void write(const VoteContent& content, v1::TransactionBody& body) {
  write(content, *body.mutable_governance_vote());
}
void write(const ReadyContent& content, v1::TransactionBody& body) {
  write(content, *body.mutable_ready());
}
void write(const EvidenceContent& content, v1::TransactionBody& body) {
  write(content, *body.mutable_evidence());
}

// ---- which of them reads a kind

using Said = v1::TransactionBody;

// The content of the alternative's type, filled in place: from its message alone, from that and the
// author of the body, or from that and the bytes that carried it.
template <class Alternative, auto kMessage>
Failure read_as(const Said& said, Body& body) {
  return read((said.*kMessage)(), body.content.emplace<Alternative>());
}

template <class Alternative, auto kMessage>
Failure read_with_author(const Said& said, Body& body) {
  return read((said.*kMessage)(), body.author, body.content.emplace<Alternative>());
}

template <class Alternative, auto kMessage>
Failure read_with_payload(const Said& said, Body& body) {
  return read((said.*kMessage)(), body.payload, body.content.emplace<Alternative>());
}

Failure read_any_succession(const Said& said, Body& body) {
  return read_succession_of(said, body.author, body.content.emplace<SuccessionContent>());
}

Failure read_any_statement(const Said& said, Body& body) {
  return read_statement(said, body.author, body.content.emplace<StatementContent>());
}

struct KindReader {
  Kind kind;
  Failure (*read)(const Said& said, Body& body);
};

// Ascending; without the reserved kinds.
constexpr std::array kReaders = {
    KindReader{Kind::kInstitutionRegister,
               read_as<InstitutionRegisterContent, &Said::institution_register>},
    KindReader{Kind::kInstitutionUpdate,
               read_with_author<InstitutionUpdateContent, &Said::institution_update>},
    KindReader{Kind::kInstitutionLeave, read_as<InstitutionLeaveContent, &Said::institution_leave>},
    KindReader{Kind::kInstitutionList, read_as<InstitutionListContent, &Said::institution_list>},
    KindReader{Kind::kKeyAdd, read_as<KeyAddContent, &Said::key_add>},
    KindReader{Kind::kKeyRotate, read_as<KeyRotateContent, &Said::key_rotate>},
    KindReader{Kind::kKeyRetire, read_as<KeyRetireContent, &Said::key_retire>},
    KindReader{Kind::kSuccessionMerge, read_any_succession},
    KindReader{Kind::kSuccessionSplit, read_any_succession},
    KindReader{Kind::kSuccessionRename, read_any_succession},
    KindReader{Kind::kSuccessionCustody, read_any_succession},
    KindReader{Kind::kAchievementPublish,
               read_with_author<AchievementContent, &Said::achievement_publish>},
    KindReader{Kind::kAchievementCosign,
               read_as<AchievementCosignContent, &Said::achievement_cosign>},
    KindReader{Kind::kAchievementRetire,
               read_as<AchievementRetireContent, &Said::achievement_retire>},
    KindReader{Kind::kPolicyPublish, read_as<PolicyContent, &Said::policy_publish>},
    KindReader{Kind::kRulePublish, read_as<RuleContent, &Said::rule_publish>},
    KindReader{Kind::kIssueListed, read_with_payload<IssueListedContent, &Said::issue_listed>},
    KindReader{Kind::kIssueAnchored,
               read_with_payload<IssueAnchoredContent, &Said::issue_anchored>},
    KindReader{Kind::kStatusChange, read_as<StatusChangeContent, &Said::status_change>},
    KindReader{Kind::kRecognitionTrust, read_any_statement},
    KindReader{Kind::kRecognitionDistrust, read_any_statement},
    KindReader{Kind::kRecognitionEnd, read_any_statement},
    KindReader{Kind::kRecognitionVoid, read_any_statement},
    KindReader{Kind::kAccreditationAccredit, read_any_statement},
    KindReader{Kind::kAccreditationEnd, read_any_statement},
    KindReader{Kind::kAccreditationVoid, read_any_statement},
    KindReader{Kind::kGovernancePropose, read_as<ProposalContent, &Said::governance_propose>},
    KindReader{Kind::kGovernanceVote, read_as<VoteContent, &Said::governance_vote>},
    KindReader{Kind::kReady, read_as<ReadyContent, &Said::ready>},
    KindReader{Kind::kEvidence, read_as<EvidenceContent, &Said::evidence>},
};
static_assert(std::ranges::is_sorted(kReaders, std::ranges::less_equal{}, &KindReader::kind));
static_assert(std::variant_size_v<Content> == 21, "a new content needs a row above");

Failure read_content(const Said& said, Body& body) {
  const auto* reader = std::ranges::lower_bound(kReaders, body.kind, {}, &KindReader::kind);
  if (reader != kReaders.end() && reader->kind == body.kind) return reader->read(said, body);
  TM_CHECK(false, "a reserved kind was read:", static_cast<unsigned>(body.kind));
  return std::nullopt;
}

Failure read_signature(ByteView bytes, const std::string& path, SignatureEntry& entry) {
  const auto key = field_bytes(bytes, v1::TransactionSignature::kKeyIdFieldNumber);
  const auto signature = field_bytes(bytes, v1::TransactionSignature::kSignatureFieldNumber);
  FormCheck check;
  check.length(path + ".key_id", key.size(), KeyId::kSize, Presence::kRequired)
      .length(path + ".signature", signature.size(), Signature::kSize, Presence::kRequired);
  if (check.failed()) return check.result();
  entry = {KeyId::prefix_of(key), Signature::prefix_of(signature)};
  return std::nullopt;
}

template <class Message, class Alternative>
bool decode_message(ByteView bytes, Alternative& content) {
  Message message;
  return !grammar_of<Message>().scan(bytes) && parse(bytes, message) && !read(message, content);
}

template <class Message, class Alternative>
Bytes encode_message(const Alternative& content) {
  Message message;
  write(content, message);
  return serialize(message);
}

}  // namespace

std::string_view field_name(Kind kind) {
  const auto* field = v1::TransactionBody::descriptor()->FindFieldByNumber(static_cast<int>(kind));
  const bool names_kind = field != nullptr && field->number() >= static_cast<int>(kFirstKind);
  return names_kind ? std::string_view(field->name()) : "unknown";
}

std::optional<Rejection> split(ByteView carried, SignedBody& parts) {
  if (auto rejection = grammar_of<v1::SignedTransaction>().scan(carried)) return rejection;
  StrictFields fields(carried);
  while (const auto field = fields.next()) {
    if (field->number == v1::SignedTransaction::kBodyFieldNumber) {
      parts.body = field->bytes;
    } else if (field->number == v1::SignedTransaction::kSignaturesFieldNumber) {
      SignatureEntry entry;
      const auto path = FormCheck::element("signatures", parts.signatures.size());
      if (auto rejection = read_signature(field->bytes, path, entry)) return rejection;
      parts.signatures.push_back(entry);
    } else {
      const auto proof = Signature::from(field->bytes);
      if (!proof) {
        return Rejection{RejectionCode::kFieldLength, "possession_proofs", "64 bytes each", {}};
      }
      parts.possession_proofs.push_back(*proof);
    }
  }

  if (parts.body.empty()) return Rejection{RejectionCode::kFieldMissing, "body", "", {}};
  return std::nullopt;
}

Bytes join(ByteView body, std::span<const SignatureEntry> signatures,
           std::span<const Signature> possession_proofs) {
  v1::SignedTransaction carried;
  carried.set_body(to_string(body));
  for (const auto& entry : signatures) {
    auto& signature = *carried.add_signatures();
    signature.set_key_id(to_string(entry.key.view()));
    signature.set_signature(to_string(entry.signature.view()));
  }
  for (const auto& proof : possession_proofs)
    carried.add_possession_proofs(to_string(proof.view()));
  return serialize(carried);
}

std::optional<Rejection> scan_body(ByteView bytes, Body& body) {
  if (auto rejection = grammar_of<v1::TransactionBody>().scan(bytes)) return rejection;

  // Fields ascend, so a kind is the last of them if there is one.
  std::uint32_t last = 0;
  StrictFields fields(bytes);
  while (const auto field = fields.next()) {
    last = field->number;
    body.payload = field->bytes;
  }
  if (last < kFirstKind) return Rejection{RejectionCode::kNoKind, "kind", "", {}};
  body.kind = static_cast<Kind>(last);
  return std::nullopt;
}

std::optional<Rejection> read_body(ByteView bytes, Body& body) {
  v1::TransactionBody message;
  if (!parse(bytes, message)) return Rejection{RejectionCode::kUnparsable, "body", "", {}};
  FormCheck check;
  check.length("author", message.author().size(), InstitutionId::kSize, Presence::kRequired)
      .length("nonce", message.nonce().size(), Nonce::kSize, Presence::kRequired)
      .require(message.valid_until_ms() != 0, RejectionCode::kFieldMissing, "valid_until_ms");
  if (check.failed()) return check.result();

  body.author = fixed_from<InstitutionId>(message.author());
  body.valid_until_ms = message.valid_until_ms();
  if (auto rejection = read_content(message, body)) {
    return prefixed(field_name(body.kind), std::move(rejection));
  }
  body.text_fault = grammar_of<v1::TransactionBody>().find_text_fault(bytes);
  return std::nullopt;
}

Bytes write_body(const Envelope& envelope, const Content& content) {
  v1::TransactionBody body;
  body.set_author(to_string(envelope.author.view()));
  body.set_nonce(to_string(envelope.nonce.view()));
  body.set_valid_until_ms(envelope.valid_until_ms);
  std::visit([&](const auto& said) { write(said, body); }, content);
  return serialize(body);
}

Bytes encode(const AchievementContent& content) {
  return encode_message<v1::AchievementPublish>(content);
}
Bytes encode(const ProposalContent& content) {
  return encode_message<v1::GovernancePropose>(content);
}
bool decode(ByteView bytes, AchievementContent& content) {
  return decode_message<v1::AchievementPublish>(bytes, content);
}
bool decode(ByteView bytes, ProposalContent& content) {
  return decode_message<v1::GovernancePropose>(bytes, content);
}

}  // namespace testamur::ledger::tx::wire
