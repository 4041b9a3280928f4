#include "wallet/cli/orders.h"

#include "wallet/cli/advice.h"

namespace testamur::wallet {

namespace tx = ledger::tx;

Desk sit_down(Context& context) {
  Desk desk{context, context.client(), {}, ExitCode::kOk};
  auto profile = issuer_profile(context, desk.client);
  if (profile.ok()) {
    desk.profile = std::move(profile).value();
  } else {
    desk.code = fail(context, ExitCode::kFailure, profile.message());
  }
  return desk;
}

ExitCode run_errand(Desk& desk, Errand errand, const DraftOptions& options) {
  auto& context = desk.context;
  const auto prepared = prepare(context, desk.client, desk.profile, options);
  if (prepared.code != ExitCode::kOk) return prepared.code;
  const auto built = errand.make(prepared.envelope);
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) {
    const auto advice = advice_for(tx::name(rejection->code));
    return fail(context, ExitCode::kUsage,
                tx::to_text(*rejection) + (advice.empty() ? "" : "\n  what to do: " + std::string(advice)));
  }
  Order order;
  order.command = std::move(errand.command);
  order.transaction = std::get<tx::UnsignedTransaction>(built);
  order.keys = std::move(errand.keys);
  order.facts = std::move(errand.facts);
  auto signer = signer_of(desk.client, desk.profile.institution, errand.purpose);
  if (auto* failure = std::get_if<CallError>(&signer)) return fail(context, *failure);
  order.signers = {std::get<DraftSigner>(std::move(signer))};
  const auto body = view_body(order.transaction.body);
  if (!body.ok()) return fail(context, ExitCode::kFailure, body.message());
  auto around = look_around(desk.client, *body);
  if (auto* failure = std::get_if<CallError>(&around)) return fail(context, *failure);
  order.words = plain_words(*body, std::get<Surroundings>(around)) + errand.more_words;
  if (errand.look) errand.look(order.transaction, std::get<Surroundings>(around), order);
  return carry_out(context, desk.client, desk.profile.chain, std::move(order), options, errand.done);
}

}  // namespace testamur::wallet
