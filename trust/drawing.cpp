// Layout: column 0 is the viewpoint, 1 friends, 2 friends of friends, 3 the issuer. An arrow that
// skips a column gets a lane of its own there, half as high as a node. The places of a column are
// ordered by the mean position of what leads to them from the column before (one barycentre sweep,
// Sugiyama 1981), so that arrows cross little. Coordinates are integers.
#include "trust/drawing.h"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace testamur::trust {
namespace {

constexpr unsigned kColumns = 4;

struct DrawnArc {
  InstitutionId from;
  InstitutionId to;
  std::uint32_t amount = 0;   // of the statement
  std::uint32_t carried = 0;  // by the flow
  bool accredits = false;
  bool limits = false;
  bool blocks = false;
  bool assumed = false;
  StatementId statement;  // the first of several
};

struct Node {
  unsigned column = 0;
  int middle = 0;  // in half rows from the top of its column
};

// A place in a column: a node, or the lane of an arrow that passes.
struct Place {
  const InstitutionId* node = nullptr;
  std::size_t arc = 0;
  int mean = 0;
  int half_rows() const { return node != nullptr ? 2 : 1; }
};

// What is drawn: the arcs of all paths, of the cut where it refuses, and the distrusts where it
// blocks.
class Picture {
 public:
  explicit Picture(const Explanation& e) : e_(e) {
    nodes_[e.query.viewpoint].column = 0;
    for (const Path& path : e.decision.paths) add_path(path);
    for (const Path& path : e.decision.accredited_paths) add_path(path);
    if (e.decision.outcome == Outcome::kRefuse) {
      for (const Arc& arc : e.decision.cut) add(arc, 0).limits = true;
    }
    for (const Arc& arc : e.decision.blocks) add(arc, 0).blocks = true;
    nodes_[e.query.viewpoint].column = 0;
    nodes_[e.query.issuer].column = kColumns - 1;
    arrange();
  }

  const std::map<InstitutionId, Node>& nodes() const { return nodes_; }
  const std::vector<DrawnArc>& arcs() const { return arcs_; }
  // In half rows; of the tallest column, and of one.
  int tallest() const { return *std::max_element(heights_.begin(), heights_.end()); }
  int height_of(unsigned column) const { return heights_[column]; }
  // Where an arrow passes a column that it skips, in half rows; nothing where it does not.
  std::optional<int> lane(std::size_t arc, unsigned column) const {
    const auto at = lanes_.find({arc, column});
    return at == lanes_.end() ? std::nullopt : std::optional(at->second);
  }

 private:
  DrawnArc& add(const Arc& arc, std::uint32_t carried) {
    const bool accredits = arc.kind == Kind::kAccredit;
    const auto [known, fresh] =
        positions_.try_emplace({arc.truster, arc.subject, accredits}, arcs_.size());
    if (!fresh) {
      arcs_[known->second].carried += carried;
      return arcs_[known->second];
    }

    arcs_to_[arc.subject].push_back(arcs_.size());
    place(arc.truster, 1);
    place(arc.subject, arc.truster == e_.query.viewpoint ? 1 : 2);
    arcs_.push_back({arc.truster, arc.subject, arc.amount, carried, accredits, false, false,
                     arc.statement.is_zero(), arc.statement});
    return arcs_.back();
  }
  void place(const InstitutionId& id, unsigned column) {
    const auto [at, fresh] = nodes_.try_emplace(id);
    if (fresh) at->second.column = column;
  }
  void add_path(const Path& path) {
    for (const Arc& arc : path.arcs) add(arc, path.amount);
  }

  void arrange() {
    for (unsigned column = 0; column < kColumns; ++column) {
      std::vector<Place> places;
      for (const auto& [id, node] : nodes_) {
        if (node.column == column) places.push_back({&id, 0, mean_before(id, column)});
      }
      for (std::size_t i = 0; i < arcs_.size(); ++i) {
        const unsigned from = nodes_.at(arcs_[i].from).column;
        if (from < column && column < nodes_.at(arcs_[i].to).column)
          places.push_back({nullptr, i, left_of(i, column)});
      }

      // Stable: what ties stays in the order of ids and arcs, so that one explanation has one
      // drawing.
      std::stable_sort(places.begin(), places.end(),
                       [](const Place& a, const Place& b) { return a.mean < b.mean; });

      int used = 0;
      for (const Place& place : places) {
        if (place.node != nullptr) {
          nodes_[*place.node].middle = used + 1;
        } else {
          lanes_[{place.arc, column}] = used;
        }
        used += place.half_rows();
      }
      heights_[column] = used;
    }
  }
  // Relative to the height of the column before, so that columns of different heights compare.
  int left_of(std::size_t arc, unsigned column) const {
    const Node& from = nodes_.at(arcs_[arc].from);
    const int middle = from.column + 1 == column ? from.middle : lanes_.at({arc, column - 1});
    return static_cast<int>(std::int64_t{middle} * 10'000 / std::max(1, heights_[column - 1]));
  }
  int mean_before(const InstitutionId& id, unsigned column) const {
    std::int64_t sum = 0;
    std::int64_t count = 0;
    const auto arriving = arcs_to_.find(id);
    if (arriving == arcs_to_.end()) return 10'000;
    for (const std::size_t i : arriving->second) {
      if (nodes_.at(arcs_[i].from).column >= column) continue;
      sum += left_of(i, column);
      ++count;
    }
    return count == 0 ? 10'000 : static_cast<int>(sum / count);
  }

  const Explanation& e_;
  std::map<InstitutionId, Node> nodes_;
  std::vector<DrawnArc> arcs_;
  std::map<std::tuple<InstitutionId, InstitutionId, bool>, std::size_t> positions_;  // in arcs_
  std::map<InstitutionId, std::vector<std::size_t>> arcs_to_;
  std::map<std::pair<std::size_t, unsigned>, int> lanes_;
  std::array<int, kColumns> heights_{};
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return out;
}

// At most `limit` characters (not bytes) of UTF-8. What is left out is the middle: names often
// differ at the end.
std::string shortened(const std::string& text, std::size_t limit) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) starts.push_back(i);
  }
  if (starts.size() <= limit) return text;
  const std::size_t tail = limit / 3;
  return text.substr(0, starts[limit - tail - 1]) + "\u2026" +
         text.substr(starts[starts.size() - tail]);
}

std::string name_text(const NameOf& name_of, const InstitutionId& id) {
  const std::string name = name_of ? name_of(id) : std::string{};
  return name.empty() ? to_text(id).substr(0, 16) : name;
}

std::string heading(const Explanation& e, const NameOf& name_of) {
  const Decision& d = e.decision;
  std::string text = name_text(name_of, e.query.issuer) + " as " +
                     name_text(name_of, e.query.viewpoint) + " sees it, " +
                     date_text(e.query.at_time_ms) + ": ";
  text += d.outcome == Outcome::kAccept    ? "accepted"
          : d.outcome == Outcome::kBlocked ? "blocked"
                                           : "refused";
  if (d.outcome == Outcome::kRefuse) text += " (" + std::string(to_text(d.rule)) + ")";
  return text;
}

class Svg {
 public:
  Svg(const Explanation& e, const NameOf& name_of) : e_(e), name_of_(name_of), picture_(e) {
    const int rows = picture_.tallest() / 2;
    row_ = rows > 60 ? 24 : rows > 20 ? 32 : 56;
    box_height_ = row_ * 2 / 3;
    font_ = rows > 60 ? 12 : rows > 20 ? 13 : 14;
    body_ = std::max(4 * row_, picture_.tallest() * row_ / 2);
    height_ = kTop + body_ + kBottom;
    // Two hundred arrows need room to fan out.
    gap_ = rows > 60 ? 420 : rows > 20 ? 300 : 200;
    width_ = 2 * kMargin + 4 * kBoxWidth + 3 * gap_;
  }

  std::string draw() {
    head();
    for (std::size_t i = 0; i < picture_.arcs().size(); ++i) draw_arc(picture_.arcs()[i], i);
    for (const DrawnArc& arc : picture_.arcs()) draw_label(arc);
    for (const auto& [id, node] : picture_.nodes()) draw_node(id, node);
    legend();
    return out_ + "</svg>\n";
  }

 private:
  static constexpr int kMargin = 24;
  static constexpr int kTop = 84;
  static constexpr int kBottom = 56;
  static constexpr int kBoxWidth = 264;

  static std::string n(int value) { return std::to_string(value); }

  void head() {
    out_ += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + n(width_) + "\" height=\"" +
            n(height_) + "\" viewBox=\"0 0 " + n(width_) + " " + n(height_) +
            "\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<title>" +
            escaped(heading(e_, name_of_)) +
            "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<defs>\n";

    marker("g", "#2e7d5b");
    marker("b", "#2f5d9b");
    marker("r", "#b3261e");

    out_ += "</defs>\n<text x=\"" + n(kMargin) +
            "\" y=\"34\" font-size=\"19\" font-weight=\"bold\" fill=\"#1d2733\">" +
            escaped(heading(e_, name_of_)) + "</text>\n";

    const Decision& d = e_.decision;
    out_ +=
        "<text x=\"" + n(kMargin) + "\" y=\"58\" font-size=\"14\" fill=\"#4a5766\">" +
        escaped("amount " + n(static_cast<int>(d.amount)) + " of " +
                n(static_cast<int>(e_.threshold)) + " \u00b7 independent chains " +
                n(static_cast<int>(d.independent_paths)) + " \u00b7 accredited " +
                n(static_cast<int>(d.accredited_amount)) + " \u00b7 " + to_text(e_.query.point)) +
        "</text>\n";
  }
  void marker(const char* name, const char* color) {
    out_ += std::string("<marker id=\"") + name +
            "\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" "
            "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0,0L10,5L0,10z\" fill=\"" +
            color + "\"/></marker>\n";
  }

  static const char* color(const DrawnArc& arc) {
    if (arc.limits || arc.blocks) return "#b3261e";
    return arc.accredits ? "#2f5d9b" : "#2e7d5b";
  }

  int left(unsigned column) const {
    return kMargin + static_cast<int>(column) * (kBoxWidth + gap_);
  }
  // Columns are centred.
  int level(unsigned column, int half_rows) const {
    const int slack = picture_.tallest() - picture_.height_of(column);
    return kTop + (2 * half_rows + slack) * body_ / (2 * std::max(2, picture_.tallest()));
  }

  struct Ends {
    int x1, y1, x2, y2;
  };
  Ends ends(const DrawnArc& arc) const {
    const Node& from = picture_.nodes().at(arc.from);
    const Node& to = picture_.nodes().at(arc.to);
    const int shift = arc.accredits ? 5 : 0;
    const int y1 = level(from.column, from.middle) + shift;
    const int y2 = level(to.column, to.middle) + shift;
    if (from.column == to.column)
      return {left(from.column) + kBoxWidth, y1, left(to.column) + kBoxWidth, y2};
    return from.column < to.column ? Ends{left(from.column) + kBoxWidth, y1, left(to.column), y2}
                                   : Ends{left(from.column), y1, left(to.column) + kBoxWidth, y2};
  }

  // From (x1, y1) to (x2, y2), leaving and arriving level.
  static std::string curve(int x1, int y1, int x2, int y2) {
    const int bend = x1 == x2 ? 60 : (x2 - x1) / 2;
    return " C" + n(x1 + bend) + "," + n(y1) + " " + n(x1 == x2 ? x2 + bend : x2 - bend) + "," +
           n(y2) + " " + n(x2) + "," + n(y2);
  }

  void draw_arc(const DrawnArc& arc, std::size_t index) {
    const Ends e = ends(arc);
    const bool crowded = picture_.arcs().size() > 40;
    const int width10 = 12 + static_cast<int>(std::min(arc.carried, 120U)) / (crowded ? 10 : 5);

    // Through the lanes of the columns that the arrow skips, so that it crosses no node.
    std::string path = "M" + n(e.x1) + "," + n(e.y1);
    int x = e.x1;
    int y = e.y1;
    for (unsigned column = 0; column < kColumns; ++column) {
      const auto lane = picture_.lane(index, column);
      if (!lane) continue;
      const int next = level(column, *lane) + row_ / 4;
      path += curve(x, y, left(column), next) + " L" + n(left(column) + kBoxWidth) + "," + n(next);
      x = left(column) + kBoxWidth;
      y = next;
    }

    path += curve(x, y, e.x2, e.y2);
    out_ += "<path d=\"" + path + "\" fill=\"none\" stroke=\"" + color(arc) + "\" stroke-width=\"" +
            n(width10 / 10) + "." + n(width10 % 10) + "\" stroke-opacity=\"" +
            (crowded ? "0.55" : "0.9") + "\"" +
            (arc.limits || arc.assumed ? " stroke-dasharray=\"7 4\"" : "") + " marker-end=\"url(#" +
            (arc.limits || arc.blocks ? "r"
             : arc.accredits          ? "b"
                                      : "g") +
            ")\"><title>" + escaped(arc.assumed ? "assumed" : to_text(arc.statement)) +
            "</title></path>\n";
  }

  // Labels stand beside the crowded end of an arc: at its tail on the way out of many, at its head
  // otherwise.
  void draw_label(const DrawnArc& arc) {
    const Ends e = ends(arc);
    const bool fans_out = picture_.nodes().at(arc.to).column <= 1;
    const int x = e.x1 == e.x2 ? e.x1 + 48 : fans_out ? e.x2 - 16 : e.x1 + 8;
    const int y = (fans_out ? e.y2 : e.y1) - 4;
    std::string text = arc.blocks ? "distrust" : n(static_cast<int>(arc.amount));
    if (!arc.blocks && arc.carried != arc.amount && arc.carried != 0)
      text = n(static_cast<int>(arc.carried)) + "/" + text;
    out_ += "<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" font-size=\"" + n(font_ - 2) +
            "\" text-anchor=\"" + (fans_out && e.x1 != e.x2 ? "end" : "start") + "\" fill=\"" +
            color(arc) + "\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">" + text +
            "</text>\n";
  }

  void draw_node(const InstitutionId& id, const Node& node) {
    const bool end = id == e_.query.viewpoint || id == e_.query.issuer;
    const std::string name = name_text(name_of_, id);
    const int x = left(node.column);
    const int y = level(node.column, node.middle);
    out_ += "<g><title>" + escaped(name + " " + to_text(id)) + "</title><rect x=\"" + n(x) +
            "\" y=\"" + n(y - box_height_ / 2) + "\" width=\"" + n(kBoxWidth) + "\" height=\"" +
            n(box_height_) + "\" rx=\"6\" fill=\"" + (end ? "#1d2733" : "#eef2f6") +
            "\" stroke=\"#7c8a99\"/><text x=\"" + n(x + 10) + "\" y=\"" + n(y + font_ / 3) +
            "\" font-size=\"" + n(font_) + "\" fill=\"" + (end ? "#ffffff" : "#1d2733") + "\">" +
            escaped(shortened(name, font_ > 13 ? 28 : 32)) + "</text></g>\n";
  }

  void legend() {
    out_ +=
        "<text x=\"" + n(kMargin) + "\" y=\"" + n(height_ - 18) +
        "\" font-size=\"12\" fill=\"#4a5766\">carried/said on each statement \u00b7 green: trust "
        "\u00b7 blue: "
        "accreditation \u00b7 red, dashed: what limits the amount \u00b7 red: distrust</text>\n";
  }

  const Explanation& e_;
  const NameOf& name_of_;
  Picture picture_;
  int row_ = 0;
  int box_height_ = 0;
  int body_ = 0;
  int font_ = 0;
  int gap_ = 0;
  int width_ = 0;
  int height_ = 0;
  std::string out_;
};

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out + "\"";
}

}  // namespace

std::string to_svg(const Explanation& explanation, const NameOf& name_of) {
  return Svg(explanation, name_of).draw();
}

std::string to_dot(const Explanation& explanation, const NameOf& name_of) {
  const Picture picture(explanation);
  std::string out =
      "digraph trust {\n  rankdir=LR;\n  label=" + quoted(heading(explanation, name_of)) +
      ";\n  node [shape=box, style=rounded];\n";

  for (const auto& [id, node] : picture.nodes()) {
    out += "  " + quoted(to_text(id)) + " [label=" + quoted(name_text(name_of, id)) + "];\n";
  }

  for (const DrawnArc& arc : picture.arcs()) {
    const std::string label =
        arc.blocks ? "distrust" : std::to_string(arc.carried) + "/" + std::to_string(arc.amount);
    out += "  " + quoted(to_text(arc.from)) + " -> " + quoted(to_text(arc.to)) +
           " [label=" + quoted(label) +
           (arc.limits   ? ", style=dashed, color=red"
            : arc.blocks ? ", color=red"
                         : "") +
           (arc.accredits ? ", color=blue" : "") + "];\n";
  }
  return out + "}\n";
}

}  // namespace testamur::trust
