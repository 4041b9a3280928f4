// A table of hashes, row by row: what is said stands beside what was asked, and no table is too
// long.
#include "wallet/cli/files/check_table.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <ios>
#include <sstream>
#include <streambuf>

#include "common/ids.h"
#include "tests/support/catch.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/credential/csv.h"
#include "wallet/credential/csv_line.h"
#include "wallet/keystore/output_stream.h"

namespace testamur::wallet {
namespace {

const std::string kHash(64, 'a');
const std::string kOtherHash(64, 'b');

std::string reference(std::uint32_t index) {
  return to_text(make_reference(ChainId::from(Bytes(32, 1)).value(),
                                InstitutionId::from(Bytes(16, 2)).value(), IssuerIndex{index}));
}

struct TableRun {
  std::string out;
  std::vector<std::string> asked;
  Attempt<TableCounts> counts = TableCounts{};

  explicit TableRun(const std::string& table) {
    std::istringstream in(table);
    counts = check_table(in, {[&](const RowNames& names) -> Attempt<RowAnswer> {
                                const auto& hash =
                                    names.reference.empty() ? names.hash : names.reference;
                                asked.push_back(hash);
                                if (hash == std::string(64, 'f')) return error("no answer");
                                RowAnswer row;
                                row.verdict = hash == kHash ? "found" : "revoked";
                                row.issuer_name = "Uni, \"Beispiel\"";
                                row.exit = hash == kHash ? ExitCode::kOk : ExitCode::kRevoked;
                                return row;
                              },
                              [&](std::string_view line) -> Attempt<void> {
                                out += line;
                                return {};
                              },
                              [](std::uint64_t) {}});
  }
};

// A table of so many rows that is made while it is read.
class EndlessRows : public std::streambuf {
 public:
  explicit EndlessRows(std::uint64_t rows) : rows_(rows) {}

 protected:
  int_type underflow() override {
    if (rows_ == 0) return traits_type::eof();
    --rows_;
    row_ = kHash + ",a note\r\n";
    setg(row_.data(), row_.data(), row_.data() + row_.size());
    return traits_type::to_int_type(row_.front());
  }

 private:
  std::uint64_t rows_;
  std::string row_;
};

// A disk that fails after what it has given.
class FailingDisk : public std::streambuf {
 public:
  explicit FailingDisk(std::string text) : text_(std::move(text)) {
    setg(text_.data(), text_.data(), text_.data() + text_.size());
  }

 protected:
  int_type underflow() override {
    errno = EIO;
    throw std::ios_base::failure("the disk fails");
  }

 private:
  std::string text_;
};

}  // namespace

TEST_CASE("every row comes back as it was, with the verdict beside it") {
  const TableRun run("name,hash\r\n\"Qi, Bo\"," + kHash + "\r\n\r\nAna," + reference(7) + "\n");
  REQUIRE(run.counts.ok());
  CHECK(run.asked == std::vector<std::string>{kHash, reference(7)});

  const auto table = parse_csv(run.out).value();
  REQUIRE(table.rows.size() == 2);
  CHECK(table.header[2].text == "verdict");
  CHECK(table.rows[0][0].text == "Qi, Bo");
  CHECK(table.rows[0][2].text == "found");
  CHECK(table.rows[0][4].text == "Uni, \"Beispiel\"");
  CHECK(table.rows[1][2].text == "revoked");

  CHECK(run.counts->rows == 2);
  CHECK(run.counts->exit == ExitCode::kRevoked);
  CHECK(to_text(*run.counts).starts_with("2 rows: 1 found, 1 revoked\n\"found\" says nothing of"));
}

TEST_CASE("a list of hashes alone needs no header") {
  const TableRun run(kHash + "\n" + kHash);
  REQUIRE(run.counts.ok());
  CHECK(run.counts->rows == 2);
  CHECK(run.out.starts_with(kHash + ",found,"));
}

TEST_CASE("what cannot be read stops the table, by line") {
  const auto fails = [](const std::string& table) {
    const TableRun run(table);
    return run.counts.ok() ? std::string{} : run.counts.message();
  };
  CHECK(fails("name,note\nx,y\n").starts_with("line 1: no column is called hash"));
  CHECK(fails("hash,note\n" + kHash + "\n").starts_with("line 2: the row has 1 cells"));
  CHECK(fails("hash\n\"" + kHash + "\n").starts_with("line 2, column 1: a quoted cell is never"));
  CHECK(fails("hash\n" + kHash + "\n" + std::string(64, 'f')).starts_with("line 3: no answer"));
  CHECK(fails("hash;note;Hash\n").starts_with("line 1: columns 1 and 3 are both called \"hash\""));
  CHECK(fails(std::string("\xff\xfeh\0a\0", 6)).find("UTF-16") != std::string::npos);
  CHECK(fails("hash\n" + kHash + "\nM\xfcller\n").find("line 3: the byte 0xFC") !=
        std::string::npos);
  CHECK(fails("hash\n" + std::string(70'000, 'a')).starts_with("line 2: it is longer than"));
  CHECK(fails("") == "the table is empty");
  CHECK(fails("\n\n") == "the table is empty");
}

TEST_CASE("a table is read as spreadsheets write it, and comes back in its own form") {
  for (const std::string separator : {";", "\t", "|"}) {
    CAPTURE(separator);
    const TableRun run("Name" + separator + "Reference\r\n\"two\nlines\"" + separator +
                       reference(3) + "\r\n");
    INFO(run.counts.message());
    REQUIRE(run.counts.ok());
    CHECK(run.asked == std::vector{reference(3)});
    CHECK(run.out.starts_with("Name" + separator + "Reference" + separator + "verdict"));
    CHECK(run.counts->notices.size() == 1);
  }
  CHECK(TableRun("sep=;\nhash;a\n" + kHash + ";b\n").asked == std::vector{kHash});
}

TEST_CASE("a row that names nothing has that for its verdict, and the others are answered") {
  const TableRun run("hash,note\n,empty\n" + kHash + ",good\nxyz,malformed\n");
  REQUIRE(run.counts.ok());
  CHECK(run.asked == std::vector{kHash});
  CHECK(run.counts->by_verdict.at("no_hash") == 2);
  CHECK(run.counts->exit == ExitCode::kUsage);
  REQUIRE(run.counts->faults.size() == 2);
  CHECK(run.counts->faults[0].starts_with("line 2: "));
  CHECK(run.counts->faults[1].starts_with("line 4: \"xyz\" is neither"));
}

// Only the first of the columns was read, and the other might as well have been somebody else's.
TEST_CASE("of several columns that name a credential none may contradict another") {
  const TableRun run("hash,reference,commitment\n" + kHash + ",," + kHash + "\n" + kHash + ",," +
                     kOtherHash + "\n," + reference(1) + ",\n");
  REQUIRE(run.counts.ok());
  CHECK(run.asked == std::vector{kHash, reference(1)});
  CHECK(run.counts->by_verdict.at("contradiction") == 1);
  CHECK(run.counts->exit == ExitCode::kUsage);
}

TEST_CASE("a table that was checked before has its verdicts replaced, not doubled") {
  const TableRun first("name,hash\nmine," + kHash + "\n");
  const TableRun second(first.out);
  REQUIRE(second.counts.ok());
  CHECK(second.out == first.out);
}

// Such a stream is bad and never at its end: the rows were counted for ever.
TEST_CASE(
    "a table that cannot be read to its end is a failure with its cause, and no short table") {
  for (const std::string& read :
       {std::string{}, "hash\n" + kHash + "\n", "hash\n" + kHash.substr(0, 20)}) {
    FailingDisk disk(read);
    std::istream in(&disk);
    const auto counts = check_table(
        in, {[](const RowNames&) -> Attempt<RowAnswer> { return RowAnswer{}; },
             [](std::string_view) -> Attempt<void> { return {}; }, [](std::uint64_t) {}});
    REQUIRE_FALSE(counts.ok());
    CHECK(counts.failure().exit == ExitCode::kFailure);
    CHECK(counts.message().ends_with("the table cannot be read further: Input/output error"));
  }
}

// A comma too many moves the cells of its row: what is asked would be another column's.
TEST_CASE("a row with more or fewer cells than the first one stops the table") {
  for (const std::string& row : {kHash + ",a note,more", kHash}) {
    CAPTURE(row);
    TableRun run("hash,note\n" + kHash + ",a note\n" + row + "\n");
    REQUIRE_FALSE(run.counts.ok());
    CHECK(run.counts.message().starts_with("line 3: the row has "));
    CHECK(run.asked.size() == 1);
  }
}

TEST_CASE("a folder is no table") {
  const testamur::test::TemporaryFolder folder;
  std::ifstream in(folder.path());
  const auto counts =
      check_table(in, {[](const RowNames&) -> Attempt<RowAnswer> { return RowAnswer{}; },
                       [](std::string_view) -> Attempt<void> { return {}; }, [](std::uint64_t) {}});
  REQUIRE_FALSE(counts.ok());
  CHECK(counts.failure().exit == ExitCode::kFailure);

  Context context;
  const auto checked = check_csv(context, folder.path().string(), folder.file("out.csv"), "", "");
  REQUIRE(checked.failure() != nullptr);
  CHECK(checked.exit() == ExitCode::kUsage);
  CHECK(checked.failure()->message.find("is a folder") != std::string::npos);
}

TEST_CASE("a table of a million rows takes no more memory than a short one") {
  testamur::test::TemporaryFolder folder;
  OutputStream stream;
  REQUIRE_FALSE(stream.open(folder.file("out.csv"), {}).has_value());

  const auto peak_kib = [] {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };

  const auto before = peak_kib();
  EndlessRows rows(1'000'000);
  std::istream in(&rows);
  const auto counts =
      check_table(in, {[](const RowNames&) -> Attempt<RowAnswer> { return RowAnswer{}; },
                       [&](std::string_view line) -> Attempt<void> {
                         if (stream.write(as_bytes(line))) return error("cannot be written");
                         return {};
                       },
                       [](std::uint64_t) {}});

  REQUIRE(counts.ok());
  CHECK(counts->rows == 1'000'000);
  CHECK_FALSE(stream.finish().has_value());

  // The rows alone are some sixty MiB.
  CHECK(peak_kib() - before < 16 * 1024);
}

TEST_CASE("output by pieces takes its name only when it is whole, and replaces nothing unasked") {
  testamur::test::TemporaryFolder folder;
  const auto file = folder.file("out.csv");
  {
    OutputStream stream;
    REQUIRE_FALSE(stream.open(file, {}).has_value());
    CHECK_FALSE(stream.write(as_bytes("half")).has_value());
    CHECK_FALSE(read_file(file, 100).ok());
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  OutputStream whole;
  REQUIRE_FALSE(whole.open(file, {}).has_value());
  CHECK_FALSE(whole.write(as_bytes("all")).has_value());
  CHECK_FALSE(whole.finish().has_value());
  CHECK(as_text(read_file(file, 100).value()) == "all");

  OutputStream second;
  const auto refused = second.open(file, {});
  REQUIRE(refused.has_value());
  CHECK(refused->refused);
  OutputStream forced;
  CHECK_FALSE(forced.open(file, {"", true, {}}).has_value());
  CHECK_FALSE(forced.write(as_bytes("new")).has_value());
  CHECK_FALSE(forced.finish().has_value());
  CHECK(as_text(read_file(file, 100).value()) == "new");
}

TEST_CASE(
    "of the cells that are added none is a formula, and those of the caller stay as they are") {
  const std::vector<std::string> cells{"=1+1", "=1+1",      "+49", "-",
                                       "@x",   "Uni; =cmd", "a=b", " \"=x\""};
  CHECK(csv_line(cells, ',', 1) == "=1+1,'=1+1,'+49,'-,'@x,Uni; '=cmd,a=b,\" \"\"'=x\"\"\"\r\n");
}

TEST_CASE("what a node says stands behind what the proof rests on") {
  const TableRun run("hash\n" + kHash + "\n");
  const auto header = run.out.substr(0, run.out.find('\r'));
  CHECK(header ==
        "hash,verdict,issuer,issuer_name,achievement,anchored,rests_on,said_since,recognised,"
        "recognised_by,recognised_rests_on");

  // Those of this version and of the one before are replaced and not kept beside.
  for (const std::string& before : {header, std::string("hash,verdict,since,issuer,achievement,"
                                                        "anchored,recognised,rests_on")}) {
    const auto width = static_cast<std::size_t>(std::ranges::count(before, ','));
    const TableRun again(before + "\n" + kHash + std::string(width, ',') + "\n");
    CHECK(again.out.substr(0, again.out.find('\r')) == header);
  }
}

// The answer of last week stood first, and nothing said that it was that.
TEST_CASE("without a header an answer of before is known by what it says, and replaced") {
  const std::string before =
      ",found,tmi1x,Uni,tmi1x/1.1,2026-01-01,proven under block 7,,yes,Uni,x";
  const TableRun run(kOtherHash + ",Ed" + before + "\n");
  REQUIRE(run.counts.ok());
  CHECK(run.out.starts_with(kOtherHash + ",Ed,revoked,"));
  CHECK(run.out.find("found") == std::string::npos);
  CHECK(run.counts->notices.back() == "the columns of an earlier check are replaced");

  const TableRun other(kHash + ",Ed,1,2,3,4,5,6,7,8,9,10\n");
  REQUIRE(other.counts.ok());
  CHECK(other.out.starts_with(kHash + ",Ed,1,2,3,4,5,6,7,8,9,10,found,"));
}

// Whoever made the table wrote "found" and "proven under block 7" left of what the check wrote.
TEST_CASE("a table has no column of ours but those at its end") {
  for (const std::string& header :
       {std::string("hash,verdict,note"), std::string("verdict,hash"), std::string("hash,Verdict "),
        std::string("hash,rests_on,x"), std::string("hash,ver\u200bdict,x"),
        std::string("hash,verdict,issuer,issuer_name,achievement,anchored,rests_on,said_since,"
                    "recognised,recognised_by,recognised_rests_on,verdict,issuer,issuer_name,"
                    "achievement,anchored,rests_on,said_since,recognised,recognised_by,"
                    "recognised_rests_on")}) {
    CAPTURE(header);
    const TableRun run(header + "\n" + kHash + "\n");
    CHECK_FALSE(run.counts.ok());
    CHECK(run.counts.message().find("as one of those that are added") != std::string::npos);
    CHECK(run.out.empty());
  }
}

// An export of nothing passed for a table in which all is well.
TEST_CASE("a table with a header and no row is refused as an empty file is") {
  for (const std::string table : {"hash\n", "note;reference\n\n", "sep=;\nhash;note\n"}) {
    CAPTURE(table);
    const TableRun run(table);
    REQUIRE_FALSE(run.counts.ok());
    CHECK(run.counts.failure().exit == ExitCode::kUsage);
    CHECK(run.counts.message().find("a header and no row") != std::string::npos);
  }
}

TEST_CASE("an issuer's own yes about itself is counted apart") {
  TableCounts counts;
  counts.rows = 2;
  counts.by_recognition = {{"own", 2}};
  CHECK(to_text(counts).find("; of 2 the issuer is accepted by its own word about itself alone") !=
        std::string::npos);
}

}  // namespace testamur::wallet
