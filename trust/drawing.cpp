// Layout: column 0 is the viewpoint, 1 friends, 2 friends of friends, 3 the issuer. Nodes of a column are ordered by
// the mean position of what they are tied to in the column before (one barycentre sweep, Sugiyama 1981), so that
// arrows cross little. Coordinates are integers.
#include "trust/drawing.h"

#include <algorithm>
#include <map>
#include <set>

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
};

struct Node {
  unsigned column = 0;
  std::uint64_t order = 0;
  int x = 0;
  int y = 0;
};

// What is drawn: the arcs of all paths, of the cut where it refuses, and the distrusts where it blocks.
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
  std::size_t tallest() const { return tallest_; }
  std::map<InstitutionId, Node>& nodes() { return nodes_; }

 private:
  DrawnArc& add(const Arc& arc, std::uint32_t carried) {
    const bool accredits = arc.kind == Kind::kAccredit;
    for (DrawnArc& known : arcs_) {
      if (known.from == arc.truster && known.to == arc.subject && known.accredits == accredits) {
        known.carried += carried;
        return known;
      }
    }
    place(arc.truster, 1);
    place(arc.subject, arc.truster == e_.query.viewpoint ? 1 : 2);
    arcs_.push_back({arc.truster, arc.subject, arc.amount, carried, accredits, false, false, arc.statement.is_zero()});
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
    std::vector<std::vector<InstitutionId>> columns(kColumns);
    for (const auto& [id, node] : nodes_) columns[node.column].push_back(id);
    for (unsigned c = 0; c < kColumns; ++c) {
      std::map<InstitutionId, std::pair<std::uint64_t, std::uint64_t>> mean;  // scaled mean, then nothing
      for (const auto& id : columns[c]) mean[id] = {mean_before(id, c), 0};
      std::stable_sort(columns[c].begin(), columns[c].end(),
                       [&](const auto& a, const auto& b) { return mean[a] < mean[b]; });
      for (std::size_t i = 0; i < columns[c].size(); ++i) nodes_[columns[c][i]].order = i;
      tallest_ = std::max(tallest_, columns[c].size());
    }
    for (auto& [id, node] : nodes_) node.y = static_cast<int>(columns[node.column].size());
  }
  std::uint64_t mean_before(const InstitutionId& id, unsigned column) const {
    std::uint64_t sum = 0;
    std::uint64_t count = 0;
    for (const DrawnArc& arc : arcs_) {
      if (arc.to != id || nodes_.at(arc.from).column >= column) continue;
      sum += nodes_.at(arc.from).order * 1000;
      ++count;
    }
    return count == 0 ? ~std::uint64_t{0} : sum / count;
  }

  const Explanation& e_;
  std::map<InstitutionId, Node> nodes_;
  std::vector<DrawnArc> arcs_;
  std::size_t tallest_ = 1;
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

// At most `limit` characters (not bytes) of UTF-8, with an ellipsis where it is cut.
std::string shortened(const std::string& text, std::size_t limit) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    if (starts && ++characters > limit) return text.substr(0, i) + "\u2026";
  }
  return text;
}

std::string name_text(const NameOf& name_of, const InstitutionId& id) {
  const std::string name = name_of ? name_of(id) : std::string{};
  return name.empty() ? to_text(id).substr(0, 16) : name;
}

std::string heading(const Explanation& e, const NameOf& name_of) {
  const Decision& d = e.decision;
  std::string text = name_text(name_of, e.query.issuer) + " as " + name_text(name_of, e.query.viewpoint) +
                     " sees it, " + date_text(e.query.at_time_ms) + ": ";
  text += d.outcome == Outcome::kAccept ? "accepted" : d.outcome == Outcome::kBlocked ? "blocked" : "refused";
  if (d.outcome == Outcome::kRefuse) text += " (" + std::string(to_text(d.rule)) + ")";
  return text;
}

class Svg {
 public:
  Svg(const Explanation& e, const NameOf& name_of) : e_(e), name_of_(name_of), picture_(e) {
    row_ = picture_.tallest() > 60 ? 24 : picture_.tallest() > 20 ? 32 : 56;
    box_height_ = row_ * 2 / 3;
    font_ = picture_.tallest() > 60 ? 12 : picture_.tallest() > 20 ? 13 : 14;
    height_ = kTop + std::max(4 * row_, static_cast<int>(picture_.tallest()) * row_) + kBottom;
    // Two hundred arrows need room to fan out.
    gap_ = picture_.tallest() > 60 ? 420 : picture_.tallest() > 20 ? 300 : 200;
    width_ = 2 * kMargin + 4 * kBoxWidth + 3 * gap_;
    for (auto& [id, node] : picture_.nodes()) {
      const int count = node.y;
      const int used = height_ - kTop - kBottom;
      node.x = kMargin + static_cast<int>(node.column) * (kBoxWidth + gap_);
      node.y = kTop + used * (2 * static_cast<int>(node.order) + 1) / (2 * count);
    }
  }

  std::string draw() {
    head();
    for (const DrawnArc& arc : picture_.arcs()) draw_arc(arc);
    for (const DrawnArc& arc : picture_.arcs()) draw_label(arc);
    for (const auto& [id, node] : picture_.nodes()) draw_node(id, node);
    legend();
    return out_ + "</svg>\n";
  }

 private:
  static constexpr int kMargin = 24;
  static constexpr int kTop = 84;
  static constexpr int kBottom = 56;
  static constexpr int kBoxWidth = 230;

  static std::string n(int value) { return std::to_string(value); }

  void head() {
    out_ += "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + n(width_) + "\" height=\"" + n(height_) +
            "\" viewBox=\"0 0 " + n(width_) + " " + n(height_) +
            "\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n<title>" + escaped(heading(e_, name_of_)) +
            "</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n<defs>\n";
    marker("g", "#2e7d5b");
    marker("b", "#2f5d9b");
    marker("r", "#b3261e");
    out_ += "</defs>\n<text x=\"" + n(kMargin) + "\" y=\"34\" font-size=\"19\" font-weight=\"bold\" fill=\"#1d2733\">" +
            escaped(heading(e_, name_of_)) + "</text>\n";
    const Decision& d = e_.decision;
    out_ += "<text x=\"" + n(kMargin) + "\" y=\"58\" font-size=\"14\" fill=\"#4a5766\">" +
            escaped("amount " + n(static_cast<int>(d.amount)) + " of " + n(static_cast<int>(e_.threshold)) +
                    " \u00b7 independent chains " + n(static_cast<int>(d.independent_paths)) + " \u00b7 accredited " +
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

  struct Ends {
    int x1, y1, x2, y2;
  };
  Ends ends(const DrawnArc& arc) const {
    const Node& from = picture_.nodes().at(arc.from);
    const Node& to = picture_.nodes().at(arc.to);
    const int shift = arc.accredits ? 5 : 0;
    if (from.column == to.column) {
      return {from.x + kBoxWidth, from.y + shift, to.x + kBoxWidth, to.y + shift};
    }
    return from.column < to.column ? Ends{from.x + kBoxWidth, from.y + shift, to.x, to.y + shift}
                                   : Ends{from.x, from.y + shift, to.x + kBoxWidth, to.y + shift};
  }

  void draw_arc(const DrawnArc& arc) {
    const Ends e = ends(arc);
    const bool crowded = picture_.arcs().size() > 40;
    const bool beside = e.x1 == e.x2;
    const int bend = beside ? 60 : (e.x2 - e.x1) / 2;
    const int width10 = 12 + static_cast<int>(std::min(arc.carried, 120U)) / (crowded ? 10 : 5);
    out_ += "<path d=\"M" + n(e.x1) + "," + n(e.y1) + " C" + n(e.x1 + bend) + "," + n(e.y1) + " " +
            n(beside ? e.x2 + bend : e.x2 - bend) + "," + n(e.y2) + " " + n(e.x2) + "," + n(e.y2) +
            "\" fill=\"none\" stroke=\"" + color(arc) + "\" stroke-width=\"" + n(width10 / 10) + "." + n(width10 % 10) +
            "\" stroke-opacity=\"" + (crowded ? "0.55" : "0.9") + "\"" +
            (arc.limits || arc.assumed ? " stroke-dasharray=\"7 4\"" : "") + " marker-end=\"url(#" +
            (arc.limits || arc.blocks ? "r"
             : arc.accredits          ? "b"
                                      : "g") +
            ")\"/>\n";
  }

  // Labels stand beside the crowded end of an arc: at its tail on the way out of many, at its head otherwise.
  void draw_label(const DrawnArc& arc) {
    const Ends e = ends(arc);
    const bool fans_out = picture_.nodes().at(arc.to).column <= 1;
    const int x = e.x1 == e.x2 ? e.x1 + 48 : fans_out ? e.x2 - 16 : e.x1 + 8;
    const int y = (fans_out ? e.y2 : e.y1) - 4;
    std::string text = arc.blocks ? "distrust" : n(static_cast<int>(arc.amount));
    if (!arc.blocks && arc.carried != arc.amount && arc.carried != 0)
      text = n(static_cast<int>(arc.carried)) + "/" + text;
    out_ += "<text x=\"" + n(x) + "\" y=\"" + n(y) + "\" font-size=\"" + n(font_ - 2) + "\" text-anchor=\"" +
            (fans_out && e.x1 != e.x2 ? "end" : "start") + "\" fill=\"" + color(arc) +
            "\" stroke=\"#ffffff\" stroke-width=\"3\" paint-order=\"stroke\">" + text + "</text>\n";
  }

  void draw_node(const InstitutionId& id, const Node& node) {
    const bool end = id == e_.query.viewpoint || id == e_.query.issuer;
    const std::string name = name_text(name_of_, id);
    out_ += "<g><title>" + escaped(name + " " + to_text(id)) + "</title><rect x=\"" + n(node.x) + "\" y=\"" +
            n(node.y - box_height_ / 2) + "\" width=\"" + n(kBoxWidth) + "\" height=\"" + n(box_height_) +
            "\" rx=\"6\" fill=\"" + (end ? "#1d2733" : "#eef2f6") + "\" stroke=\"#7c8a99\"/><text x=\"" +
            n(node.x + 10) + "\" y=\"" + n(node.y + font_ / 3) + "\" font-size=\"" + n(font_) + "\" fill=\"" +
            (end ? "#ffffff" : "#1d2733") + "\">" + escaped(shortened(name, font_ > 13 ? 24 : 27)) + "</text></g>\n";
  }

  void legend() {
    out_ += "<text x=\"" + n(kMargin) + "\" y=\"" + n(height_ - 18) +
            "\" font-size=\"12\" fill=\"#4a5766\">carried/said on each statement \u00b7 green: trust \u00b7 blue: "
            "accreditation \u00b7 red, dashed: what limits the amount \u00b7 red: distrust</text>\n";
  }

  const Explanation& e_;
  const NameOf& name_of_;
  Picture picture_;
  int row_ = 0;
  int box_height_ = 0;
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

std::string to_svg(const Explanation& explanation, const NameOf& name_of) { return Svg(explanation, name_of).draw(); }

std::string to_dot(const Explanation& explanation, const NameOf& name_of) {
  const Picture picture(explanation);
  std::string out = "digraph trust {\n  rankdir=LR;\n  label=" + quoted(heading(explanation, name_of)) +
                    ";\n  node [shape=box, style=rounded];\n";
  for (const auto& [id, node] : picture.nodes()) {
    out += "  " + quoted(to_text(id)) + " [label=" + quoted(name_text(name_of, id)) + "];\n";
  }
  for (const DrawnArc& arc : picture.arcs()) {
    const std::string label = arc.blocks ? "distrust" : std::to_string(arc.carried) + "/" + std::to_string(arc.amount);
    out += "  " + quoted(to_text(arc.from)) + " -> " + quoted(to_text(arc.to)) + " [label=" + quoted(label) +
           (arc.limits   ? ", style=dashed, color=red"
            : arc.blocks ? ", color=red"
                         : "") +
           (arc.accredits ? ", color=blue" : "") + "];\n";
  }
  return out + "}\n";
}

}  // namespace testamur::trust
