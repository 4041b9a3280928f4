// issuer batch template: the class list to fill in for one achievement, so that nobody learns the
// names of its columns from refusals. Nothing is reserved or signed; a node is asked for the
// achievement.
#include <memory>
#include <set>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/wallet_requests.h"
#include "wallet/cli/terminal.h"
#include "wallet/credential/csv_line.h"
#include "wallet/credential/problems.h"

namespace testamur::wallet {
namespace {

struct TemplateOptions {
  Given<std::string> achievement;
  Given<std::string> requests;
  Given<std::string> out;
};

// Learners who sent a wallet request, each once, by the reference that the office knows.
Result<std::set<std::string>> students_of(const std::vector<WalletRequest>& requests) {
  std::set<std::string> students;
  for (const auto& request : requests) {
    const auto student = canonical_reference(request.student);

    // A learner wrote it. The list would refuse it, or a spreadsheet would run it: at the front, or
    // behind what some of them take for the end of a cell.
    const std::string cure =
        ": ask its learner for a request with the reference that your office knows";
    if (const auto fit = check_student(student); !fit.ok())
      return error("--requests: " + fit.message() + cure);
    constexpr std::string_view kFormulaMarks = "=+-@";
    if (kFormulaMarks.find(student.front()) != std::string_view::npos ||
        student.find(';') != std::string::npos) {
      return error("--requests: the reference " + in_quotes(student) +
                   " would be a formula or several cells in a spreadsheet" + cure);
    }

    if (!students.insert(student).second)
      return error("--requests: student \"" + one_line(student) +
                   "\" sent two wallet requests: remove one");
  }
  return students;
}

std::string table_of(const std::vector<std::string>& columns,
                     const std::set<std::string>& students) {
  std::string table = csv_line(columns);
  for (const auto& student : students) {
    std::vector<std::string> row(columns.size());
    row.front() = student;
    table += csv_line(row);
  }
  return table;
}

// What nobody types, because the achievement says it of every credential.
std::string stated_text(const AwardTerms& terms) {
  std::string text = terms.titles.size() == 1 ? "\"" + one_line(terms.titles.front()) + "\"" : "";
  const auto add = [&text](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  const auto& credits = kind_of(ClaimId::kEctsHundredths);
  if (terms.ects_hundredths != 0)
    add(to_display(credits, ClaimValue{terms.ects_hundredths}) + " ECTS");
  if (terms.eqf_level != 0) add("EQF level " + std::to_string(terms.eqf_level));
  return text;
}

Outcome write_template(Context& context, const TemplateOptions& options) {
  const std::string out = options.out;
  const std::string requests_folder = options.requests;
  if (!out.empty()) TM_TRY_STATUS(may_save_named_file(context, out));

  TM_TRY(auto session, open_issuer_session(context));
  TM_TRY(const auto id,
         version_named("--achievement", options.achievement, session.profile.institution));
  TM_TRY(const auto requests, read_requests(requests_folder, session.profile));
  TM_TRY(const auto students, students_of(requests.requests));
  TM_TRY(const auto achievement, issuable_achievement(session, id));

  const auto terms = terms_of(achievement);
  const auto columns = columns_to_fill(terms);
  std::string table = table_of(columns, students);

  Json json{{"achievement", terms.achievement},
            {"columns", columns},
            {"students", students},
            {"notices", requests.notices}};
  // The table itself may go to another program.
  if (!context.json && !context.quiet) {
    for (const auto& notice : requests.notices) put(Stream::kError, "testamur: " + notice + "\n");
  }
  if (out.empty()) {
    // A terminal would show the carriage returns; the reader takes both line ends.
    std::erase(table, '\r');
    return Reply{std::move(json), std::move(table)};
  }

  TM_TRY_STATUS(refuse_unread_options(context));
  TM_TRY_STATUS(save_named_file(context, out, as_bytes(table)));

  json["file"] = out;
  const std::string stated = stated_text(terms);
  return Reply{
      std::move(json),
      "wrote " + out + ": a row a learner; only student and a name are needed\n" +
          (students.empty() ? ""
                            : "  " + std::to_string(students.size()) +
                                  (students.size() == 1 ? " row begins" : " rows begin") +
                                  " with a learner who sent a request\n") +
          (stated.empty() ? "" : "  not to be typed, the achievement says it: " + stated + "\n") +
          "  then: testamur issuer batch issue " + typed_option("--csv", out) + " --achievement " +
          terms.achievement +
          (requests_folder.empty() ? "" : " " + typed_option("--requests", requests_folder)) +
          " --dry-run\n"};
}

}  // namespace

void add_class_template_command(Command batch, Context& context, Run& run) {
  auto options = std::make_shared<TemplateOptions>();
  auto command = batch.add_subcommand(
      "template", "The class list of an achievement to fill in: its columns, no learner");
  option(command, "--achievement", options->achievement,
         "<number>.<version>, or <institution>/<number>.<version>")
      .required();
  option(command, "--requests", options->requests,
         "Directory of wallet requests: a row for each learner who sent one");
  option(command, "--out", options->out, "File to write (default: standard output)");
  show_example(command, "testamur issuer batch template --achievement 1.1 --out class.csv");
  command.callback([&context, &run, options] {
    run = [&context, options] { return write_template(context, *options); };
  });
}

}  // namespace testamur::wallet
