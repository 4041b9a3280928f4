// verifier: what a verifier sends to a learner. The answer is judged by `credential verify
// --request`.
#include <memory>

#include "common/visible.h"
#include "trust/scope.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/disclosure.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/option.h"
#include "wallet/credential/verifier_request.h"

namespace testamur::wallet {
namespace {

struct RequestOptions {
  Given<std::string> name;
  Given<std::vector<std::string>> claims;
  Given<std::string> purpose;
  Given<std::string> valid_for{"7d"};
  Given<std::string> out;
};

Attempt<VerifierRequest> make_request(const Context& context, const RequestOptions& options) {
  TM_TRY(auto claims, parse_claim_names(options.claims, "--claims"));
  if (!options.purpose->empty()) {
    if (auto purpose = trust::parse_purpose(*options.purpose); !purpose.ok())
      return error("--purpose: " + purpose.message());
  }
  const auto until = parse_time("+" + *options.valid_for, context.now_ms());
  if (!until.ok())
    return error("--valid-for: write 90m, 12h or 7d, not " + in_quotes(*options.valid_for));
  const auto now_s = context.now_ms() / 1000;
  auto made = make_verifier_request(*options.name, *options.purpose, std::move(claims), now_s,
                                    *until / 1000);
  if (!made.ok()) return error("the request cannot be made: " + made.message());
  return std::move(made).value();
}

Outcome request(Context& context, const RequestOptions& options) {
  const std::string out = options.out;
  TM_TRY_STATUS(may_save_named_file(context, out));

  // By a clock that is behind, the request would be over before anybody answers.
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = trust.load()) return failure_of(*problem);
  TM_TRY_STATUS(refuse_clock_behind(context, trust));
  TM_TRY(const auto made, make_request(context, options));
  TM_TRY_STATUS(refuse_unread_options(context));
  TM_TRY_STATUS(save_named_file(context, out, as_bytes(encode_verifier_request(made))));

  Json claims = Json::array();
  for (const auto id : made.claims) claims.push_back(std::string(kind_of(id).name));
  const std::string until = moment_text(made.until_s * 1000);
  return Reply{
      Json{{"file", out},
           {"audience", made.audience()},
           {"nonce", made.nonce},
           {"purpose", made.purpose},
           {"claims", std::move(claims)},
           {"made_at_s", made.made_at_s},
           {"until_s", made.until_s}},
      "wrote " + out + ": asks for " +
          (made.claims.empty() ? std::string("no claim, only that the award exists")
                               : claim_names(made.claims)) +
          "\n  send it to the learner, and keep it: the answer is judged by it, until " + until +
          "\n  then: testamur credential verify --request " + out + " ANSWER\n" +
          (made.verifier.empty() ? "  it does not say who asks: --name \"Your firm\" does\n" : "")};
}

}  // namespace

void add_verifier_commands(Command app, Context& context, Run& run) {
  auto verifier = app.add_subcommand("verifier", "Ask a learner to show a credential");
  verifier.require_subcommand(1);
  auto options = std::make_shared<RequestOptions>();
  auto asking = verifier.add_subcommand(
      "request", "A file for the learner to answer; makes audience and nonce");
  option(asking, "--claims", options->claims,
         "What to show, with commas between: " + claim_names());
  option(asking, "--name", options->name, "Who asks, as the learner shall read it");
  option(asking, "--purpose", options->purpose,
         "credit, access, exemption, employment, profession");
  option(asking, "--valid-for", options->valid_for,
         "How long an answer is accepted, from now on: 90m, 12h, 7d (default 7d)");
  option(asking, "--out", options->out, "File to write").required();
  asking.callback([&context, &run, options] {
    run = [&context, options] { return request(context, *options); };
  });
}

}  // namespace testamur::wallet
