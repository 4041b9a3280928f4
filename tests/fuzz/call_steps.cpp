#include "tests/fuzz/call_steps.h"

#include <google/protobuf/descriptor.h>

#include "ledger/tx/transaction.h"
#include "testamur/v1/governance_service.pb.h"
#include "testamur/v1/ledger_service.pb.h"
#include "testamur/v1/log_service.pb.h"
#include "testamur/v1/registry_service.pb.h"
#include "testamur/v1/rpc_status.pb.h"
#include "testamur/v1/trust_service.pb.h"
#include "testamur/v1/verify_service.pb.h"
#include "tests/fuzz/target.h"

namespace testamur::fuzz {

namespace pb = google::protobuf;
namespace tx = ledger::tx;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostSteps = 24;
constexpr std::size_t kMostStreams = 6;
constexpr std::size_t kRemembered = 64;
constexpr auto kAnswered = milliseconds(30'000);
constexpr auto kAwaited = milliseconds(20);

std::string text(ByteView bytes) { return std::string(as_text(bytes)); }

template <class T>
void remember_some(std::vector<T>& all, T one) {
  if (all.size() >= kRemembered) all.erase(all.begin());
  all.push_back(std::move(one));
}

// A commitment that nobody has listed.
std::string nobodys(std::uint8_t number) {
  return text(sha256(Encoder{}.u64(0x6e6f626f6479).u8(number).bytes()).view());
}

tx::SharedTransaction decoded(const ChainId& chain, const Bytes& carried) {
  auto result = tx::decode(chain, carried);
  const auto* transaction = std::get_if<tx::SharedTransaction>(&result);
  return transaction != nullptr ? *transaction : nullptr;
}

bool waits(const pb::MethodDescriptor& method) {
  return method.name() == "AwaitCommit" || method.server_streaming();
}

}  // namespace

ApiWorld& ApiWorld::get() {
  static ApiWorld world;
  return world;
}

ApiWorld::ApiWorld() : nodes(1, {}, 2, 1), achievement(nodes.publish(0, 0)) {
  stub = std::make_unique<grpc::GenericStub>(
      grpc::CreateChannel("127.0.0.1:" + std::to_string(nodes.at(0).node->api_port()),
                          grpc::InsecureChannelCredentials()));
  // The operator's service is on a socket of its own, for the owner of the node alone.
  for (const auto* file :
       {v1::SubmitRequest::descriptor()->file(), v1::CheckHashRequest::descriptor()->file(),
        v1::DecideRequest::descriptor()->file(), v1::GetInstitutionRequest::descriptor()->file(),
        v1::GetCheckpointRequest::descriptor()->file(),
        v1::GetValidatorsRequest::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
    }
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) institutions.insert(text(nodes.at(i).id.view()));

  const auto first = batch(0, 6);
  if (nodes.commit(0, first).state != node::Outcome::State::kCommitted)
    throw LawBroken("the first batch is not committed");
  const tx::StatusChangeContent revoke{tx::StatusAction::kRevoke, tx::StatusReason::kCorrection,
                                       std::vector<IssuerIndex>{IssuerIndex{1}}};
  const auto revoked = nodes.sign(0, KeyPurpose::kIssue, tx::build(nodes.envelope(0), revoke));
  remember(revoked);
  (void)nodes.commit(0, revoked);
}

Bytes ApiWorld::batch(std::uint64_t first, std::size_t count) {
  auto made = nodes.batch(0, achievement, first, count);
  for (std::size_t i = 0; i < count; ++i) {
    auto commitment = text(node::RunningNodes::commitment(0, first + i).view());
    listed.insert(commitment);
    remember_some(commitments, std::move(commitment));
    remember_some(references, "urn:testamur:1:" + to_text(nodes.chain()) + ":" +
                                  to_text(nodes.at(0).id) + ":" + std::to_string(first + i));
  }
  next_index = std::max(next_index, first + count);
  remember(made);
  return made;
}

void ApiWorld::remember(const Bytes& transaction) {
  remember_some(carried, transaction);
  if (const auto known = decoded(nodes.chain(), transaction)) {
    known_ids.insert(text(known->id().view()));
    remember_some(transaction_ids, text(known->id().view()));
  }
}

void CallSteps::run() {
  for (std::size_t i = 0; i < kMostSteps && !steps_.at_end(); ++i) step();
  end_all();

  const auto honest = world_.batch(world_.next_index, 1);
  law(world_.nodes.commit(0, honest).state == node::Outcome::State::kCommitted,
      "an honest transaction does not commit");
  for (const auto& id : acknowledged_) {
    const auto state = world_.nodes.await(0, id).state;
    law(state == node::Outcome::State::kCommitted || state == node::Outcome::State::kRejected ||
            state == node::Outcome::State::kExpired,
        "an acknowledged transaction is lost");
  }
}

void CallSteps::step() {
  switch (steps_.below(8)) {
    case 0: return commit_one();
    case 1: return submit_nearly();
    case 2: return use_stream();
    default: return call_one();
  }
}

// A block more, which open streams see.
void CallSteps::commit_one() {
  const auto made = world_.batch(world_.next_index, 1 + steps_.below(3));
  law(world_.nodes.commit(0, made).state == node::Outcome::State::kCommitted,
      "an honest batch does not commit");
}

// Handed to Submit: valid, a rival of another one, damaged, or what is there already.
void CallSteps::submit_nearly() {
  Bytes carried;
  switch (steps_.below(4)) {
    case 0: carried = world_.batch(world_.next_index, 1 + steps_.below(4)); break;
    case 1: {
      const auto back = 1 + steps_.below(4);
      carried =
          world_.batch(world_.next_index - std::min<std::uint64_t>(back, world_.next_index), 2);
      break;
    }
    default: carried = world_.carried[steps_.below(world_.carried.size())]; break;
  }
  if (steps_.chance(64)) steps_.damage(carried);

  v1::SubmitRequest request;
  request.set_transaction(text(carried));
  node::ApiCall call(*world_.stub, "/testamur.v1.LedgerService/Submit", kAnswered);
  call.write(request.SerializeAsString(), true);
  const auto answer = call.read(kAnswered);
  const auto status = call.finish(kAnswered);
  law(status.has_value(), "Submit is not answered");
  if (!status->ok()) return check_failure(*world_.methods.front(), *status, false);
  v1::SubmitResponse response;
  law(answer && response.ParseFromString(*answer), "Submit answers nothing");
  const auto id = TransactionId::from(as_bytes(response.id()));
  law(id.has_value(), "Submit answers without an id");
  acknowledged_.push_back(*id);
}

void CallSteps::call_one() {
  const auto& method = *world_.methods[steps_.below(world_.methods.size())];
  if (method.server_streaming()) return open_stream(method);

  const auto request = request_of(method);
  auto bytes = request->SerializeAsString();
  const bool damaged = steps_.chance(12);
  if (damaged) {
    auto changed = to_bytes(as_bytes(bytes));
    steps_.damage(changed);
    bytes = text(changed);
  }
  node::ApiCall call(*world_.stub, "/" + method.service()->full_name() + "/" + method.name(),
                     waits(method) ? kAwaited : kAnswered);
  call.write(bytes, true);
  const auto answer = call.read(kAnswered);
  const auto status = call.finish(kAnswered);
  law(status.has_value(), "a call is not answered");
  if (!status->ok()) return check_failure(method, *status, damaged);

  std::unique_ptr<pb::Message> response(
      pb::MessageFactory::generated_factory()->GetPrototype(method.output_type())->New());
  law(answer && response->ParseFromString(*answer), "an answer does not decode");
  if (damaged && !request->ParseFromString(bytes)) return;
  check(*request, *response);
}

void CallSteps::open_stream(const pb::MethodDescriptor& method) {
  if (streams_.size() == kMostStreams) return use_stream();
  Stream stream;
  stream.method = &method;
  stream.asked.push_back(request_of(method));
  stream.call = std::make_unique<node::ApiCall>(
      *world_.stub, "/" + method.service()->full_name() + "/" + method.name(), kAnswered);
  stream.call->write(stream.asked.front()->SerializeAsString(), !method.client_streaming());
  streams_.push_back(std::move(stream));
}

void CallSteps::use_stream() {
  if (streams_.empty()) return;
  const auto number = steps_.below(streams_.size());
  auto& stream = streams_[number];
  switch (steps_.below(6)) {
    case 0: stream.call->cancel(); break;
    case 1: streams_.erase(streams_.begin() + static_cast<std::ptrdiff_t>(number)); break;
    case 2:
      if (stream.method->client_streaming()) {
        auto request = request_of(*stream.method);
        if (stream.call->write(request->SerializeAsString(), steps_.chance(32)))
          stream.asked.push_back(std::move(request));
      }
      break;
    default: read_from(stream); break;
  }
}

void CallSteps::read_from(Stream& stream) {
  const auto message = stream.call->read(kAwaited);
  if (!message) return;
  std::unique_ptr<pb::Message> response(
      pb::MessageFactory::generated_factory()->GetPrototype(stream.method->output_type())->New());
  law(response->ParseFromString(*message), "a message of a stream does not decode");
  law(!stream.asked.empty(), "a stream answers what was not asked");
  check(*stream.asked.front(), *response);
  if (stream.method->client_streaming()) stream.asked.pop_front();
}

void CallSteps::end_all() {
  for (auto& stream : streams_) {
    stream.call->cancel();
    const auto status = stream.call->finish(kAnswered);
    law(status.has_value(), "a stream does not end");
    if (!status->ok()) check_failure(*stream.method, *status, false);
  }
  streams_.clear();
}

std::unique_ptr<pb::Message> CallSteps::request_of(const pb::MethodDescriptor& method) {
  std::unique_ptr<pb::Message> request(
      pb::MessageFactory::generated_factory()->GetPrototype(method.input_type())->New());
  fill(*request, 0);
  return request;
}

void CallSteps::fill(pb::Message& message, int depth) {
  const auto* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    if (steps_.chance(96)) continue;
    const auto& field = *descriptor->field(i);
    const auto count = field.is_repeated() ? steps_.below(4) : 1;
    for (std::size_t n = 0; n < count; ++n) fill_field(message, field, depth);
  }
}

namespace {

// Sets a single field, or adds to a repeated one.
template <class Set, class Add, class Value>
void put(pb::Message& message, const pb::FieldDescriptor& field, Set set, Add add, Value value) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated()) {
    (reflection.*add)(&message, &field, value);
  } else {
    (reflection.*set)(&message, &field, value);
  }
}

}  // namespace

void CallSteps::fill_field(pb::Message& message, const pb::FieldDescriptor& field, int depth) {
  using Field = pb::FieldDescriptor;
  using Reflection = pb::Reflection;
  const auto& name = field.name();
  switch (field.cpp_type()) {
    case Field::CPPTYPE_MESSAGE:
      if (depth < 3) {
        fill(*(field.is_repeated() ? message.GetReflection()->AddMessage(&message, &field)
                                   : message.GetReflection()->MutableMessage(&message, &field)),
             depth + 1);
      }
      return;
    case Field::CPPTYPE_STRING:
      return put(message, field, &Reflection::SetString, &Reflection::AddString,
                 field.type() == Field::TYPE_BYTES ? bytes_for(name) : text_for(name));
    case Field::CPPTYPE_BOOL:
      return put(message, field, &Reflection::SetBool, &Reflection::AddBool, true);
    case Field::CPPTYPE_ENUM:
      return put(message, field, &Reflection::SetEnumValue, &Reflection::AddEnumValue,
                 static_cast<int>(steps_.below(12)));
    case Field::CPPTYPE_UINT32:
      return put(message, field, &Reflection::SetUInt32, &Reflection::AddUInt32,
                 static_cast<std::uint32_t>(number_for(name)));
    case Field::CPPTYPE_UINT64:
      return put(message, field, &Reflection::SetUInt64, &Reflection::AddUInt64, number_for(name));
    case Field::CPPTYPE_INT32:
      return put(message, field, &Reflection::SetInt32, &Reflection::AddInt32,
                 static_cast<std::int32_t>(number_for(name)));
    case Field::CPPTYPE_INT64:
      return put(message, field, &Reflection::SetInt64, &Reflection::AddInt64,
                 static_cast<std::int64_t>(number_for(name)));
    default: return;
  }
}

std::string CallSteps::id_of_institution() {
  return text(world_.nodes.at(steps_.below(world_.nodes.size())).id.view());
}

std::string CallSteps::any_commitment() {
  if (steps_.chance(64)) return nobodys(steps_.u8());
  return world_.commitments[steps_.below(world_.commitments.size())];
}

// Something that the field may hold; now and then damaged, or of another kind.
std::string CallSteps::bytes_for(const std::string& name) {
  std::string made;
  if (name == "commitments") {
    for (auto left = steps_.below(40); left > 0; --left) made += any_commitment();
  } else if (name == "commitment") {
    made = any_commitment();
  } else if (name == "transaction" || name == "transactions") {
    made = text(world_.carried[steps_.below(world_.carried.size())]);
  } else if (name == "ids" || name == "transaction_id" || (name == "id" && steps_.chance(128))) {
    made = world_.transaction_ids[steps_.below(world_.transaction_ids.size())];
  } else if (name == "key_ids") {
    made = text(key_id(KeyPurpose::kIssue, world_.nodes.at(0).issue.public_key()).view());
  } else {
    made = id_of_institution();
  }
  if (!steps_.chance(40)) return made;
  auto changed = to_bytes(as_bytes(made));
  steps_.damage(changed);
  return text(changed);
}

std::string CallSteps::text_for(const std::string& name) {
  static constexpr const char* kWords[] = {"",
                                           "credit",
                                           "access",
                                           "0",
                                           "1",
                                           "18446744073709551615",
                                           "en",
                                           "university0.example",
                                           "urn:testamur:1:"};
  if (name == "reference" && !steps_.chance(32))
    return world_.references[steps_.below(world_.references.size())];
  if (name == "id_text" && !steps_.chance(64)) return to_text(world_.nodes.at(0).id);
  if (steps_.chance(224)) return kWords[steps_.below(std::size(kWords))];
  // Fields of text hold text: what is none does not leave a caller that is built on Protobuf.
  std::string made;
  for (const auto byte : steps_.bytes(steps_.below(40))) made += static_cast<char>(byte & 0x7f);
  return made;
}

std::uint64_t CallSteps::number_for(const std::string& name) {
  const auto height = world_.nodes.at(0).node->chain().head()->header.height.value;
  if (name.find("height") != std::string::npos) return steps_.near(height);
  if (name.find("index") != std::string::npos) return steps_.near(world_.next_index);
  if (name.find("_ms") != std::string::npos)
    return steps_.near(world_.nodes.at(0).node->chain().head()->header.time_ms);
  return steps_.near(steps_.below(16));
}

namespace {

template <class Slots>
void check_slots(const ApiWorld& world, v1::Finding finding, const Slots& slots,
                 const std::string& commitment) {
  law(finding == v1::FINDING_FOUND || finding == v1::FINDING_NOT_LISTED,
      "an answer without a finding");
  if (finding != v1::FINDING_FOUND) return law(slots.empty(), "slots of what is not listed");
  law(!slots.empty(), "found without a slot");
  for (const auto& slot : slots) {
    law(world.listed.contains(slot.commitment()), "found what nobody listed");
    law(commitment.empty() || slot.commitment() == commitment, "found another commitment");
  }
}

void check_bulk(const ApiWorld& world, const std::string& commitments,
                const v1::CheckBulkResponse& answer) {
  law(commitments.size() == 32 * static_cast<std::size_t>(answer.verdicts_size()),
      "a bulk answer of another size");
  for (int i = 0; i < answer.verdicts_size(); ++i) {
    const auto& verdict = answer.verdicts(i);
    const bool known =
        world.listed.contains(commitments.substr(32 * static_cast<std::size_t>(i), 32));
    law(verdict.finding() != v1::FINDING_UNSPECIFIED, "a verdict without a finding");
    if (verdict.finding() != v1::FINDING_FOUND) {
      law(verdict.slots().empty(), "slots of what is not listed");
    } else {
      law(known, "found what nobody listed");
    }
  }
}

// The outcome of a transaction that nobody signed is not known.
void check_outcome(const ApiWorld& world, const v1::TransactionOutcome& outcome) {
  if (outcome.state() == v1::TRANSACTION_STATE_COMMITTED) {
    // The first achievement was published before anything was remembered.
    law(outcome.committed().height() <= 2 || world.known_ids.contains(outcome.id()),
        "committed what nobody signed");
  }
  law(outcome.state() != v1::TRANSACTION_STATE_UNSPECIFIED, "an outcome without a state");
}

void check_decision(const ApiWorld& world, const std::string& issuer,
                    const v1::Decision& decision) {
  law(decision.outcome() != v1::DECISION_OUTCOME_UNSPECIFIED, "a decision without an outcome");
  if (decision.outcome() == v1::DECISION_OUTCOME_ACCEPT)
    law(world.institutions.contains(issuer), "an unknown issuer is accepted");
}

}  // namespace

void CallSteps::check(const pb::Message& request, const pb::Message& answer) {
  const auto* hash = dynamic_cast<const v1::CheckHashRequest*>(&request);
  if (hash != nullptr) {
    const auto& given = static_cast<const v1::CheckHashResponse&>(answer);
    law(!given.contents_checked() && !given.holder_checked(), "a hash says what it cannot");
    return check_slots(world_, given.finding(), given.slots(), hash->commitment());
  }
  if (dynamic_cast<const v1::CheckReferenceRequest*>(&request) != nullptr) {
    const auto& given = static_cast<const v1::CheckReferenceResponse&>(answer);
    law(given.finding() != v1::FINDING_UNSPECIFIED, "an answer without a finding");
    return law(
        given.finding() != v1::FINDING_FOUND || world_.listed.contains(given.slot().commitment()),
        "found what nobody listed");
  }
  if (const auto* bulk = dynamic_cast<const v1::CheckBulkRequest*>(&request))
    return check_bulk(world_, bulk->commitments(),
                      static_cast<const v1::CheckBulkResponse&>(answer));
  if (const auto* stream = dynamic_cast<const v1::CheckStreamRequest*>(&request))
    return check_bulk(world_, stream->commitments(),
                      static_cast<const v1::CheckStreamResponse&>(answer).answer());
  if (const auto* explain = dynamic_cast<const v1::ExplainRequest*>(&request)) {
    const auto& given = static_cast<const v1::ExplainResponse&>(answer);
    return check_slots(world_, given.finding(), given.slots(),
                       explain->reference().empty() ? explain->commitment() : "");
  }
  if (const auto* receipt = dynamic_cast<const v1::GetReceiptRequest*>(&request)) {
    return law(static_cast<const v1::GetReceiptResponse&>(answer).receipts().empty() ||
                   receipt->commitment().empty() || world_.listed.contains(receipt->commitment()),
               "a receipt of what nobody listed");
  }
  if (dynamic_cast<const v1::AwaitCommitRequest*>(&request) != nullptr)
    return check_outcome(world_, static_cast<const v1::AwaitCommitResponse&>(answer).outcome());
  if (dynamic_cast<const v1::AwaitCommitsRequest*>(&request) != nullptr)
    return check_outcome(world_, static_cast<const v1::AwaitCommitsResponse&>(answer).outcome());
  if (dynamic_cast<const v1::GetTransactionRequest*>(&request) != nullptr)
    return check_outcome(world_, static_cast<const v1::GetTransactionResponse&>(answer).outcome());
  if (const auto* decide = dynamic_cast<const v1::DecideRequest*>(&request))
    return check_decision(world_, decide->issuer_id(),
                          static_cast<const v1::DecideResponse&>(answer).decision());
  if (const auto* paths = dynamic_cast<const v1::PathsRequest*>(&request))
    return check_decision(world_, paths->query().issuer_id(),
                          static_cast<const v1::PathsResponse&>(answer).decision());
  if (dynamic_cast<const v1::GetInstitutionRequest*>(&request) != nullptr) {
    const auto& given = static_cast<const v1::GetInstitutionResponse&>(answer);
    law(world_.institutions.contains(given.institution().name().id()),
        "an institution that is not registered");
  }
}

// What was asked in order is refused by name; nothing ends in what only a bug gives.
void CallSteps::check_failure(const pb::MethodDescriptor& method, const grpc::Status& status,
                              bool damaged) {
  const auto code = status.error_code();
  if (code == grpc::StatusCode::CANCELLED)
    return law(method.server_streaming(), "a call is cancelled");
  if (code == grpc::StatusCode::DEADLINE_EXCEEDED)
    return law(waits(method), "a call takes too long");
  if (damaged) return;  // gRPC's own words for what does not decode
  law(code != grpc::StatusCode::INTERNAL && code != grpc::StatusCode::UNKNOWN &&
          code != grpc::StatusCode::UNIMPLEMENTED && code != grpc::StatusCode::DATA_LOSS,
      ("an answer that only a bug gives: " + method.full_name() + ": " + status.error_message())
          .c_str());
  v1::RpcStatus packed;
  v1::ErrorDetail detail;
  law(packed.ParseFromString(status.error_details()) && packed.details_size() == 1 &&
          packed.details(0).UnpackTo(&detail) && !detail.code().empty(),
      ("a refusal without a name: " + method.full_name() + ": " + status.error_message()).c_str());
  // Few streams are open at once: what was cancelled has given its place back.
  law(code != grpc::StatusCode::RESOURCE_EXHAUSTED || detail.code() == "answer_too_large",
      ("what was given back is not free: " + detail.code()).c_str());
}

}  // namespace testamur::fuzz
