/// The scripts of pages; each works on the elements of its class, and a page takes those it needs.
package enum PageScript {
  /// For ``SortableTable``.
  package static let sortableTables = #"""
    for (const table of document.querySelectorAll("table.sortable")) {
      const heads = [...table.tHead.rows[0].cells];
      const body = table.tBodies[0];
      const value = (row, column) => {
        const cell = row.cells[column];
        if ("value" in cell.dataset) return Number(cell.dataset.value);
        return cell.textContent === "" ? null : cell.textContent;
      };
      heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
        const before = head.getAttribute("aria-sort");
        const falls = before ? before === "ascending" : head.classList.contains("number");
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", falls ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => ({ row, value: value(row, column) }));
        rows.sort((a, b) => {
          if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
          const order = typeof a.value === "number" && typeof b.value === "number"
            ? a.value - b.value : String(a.value).localeCompare(String(b.value), "en", { numeric: true });
          return falls ? -order : order;
        });
        body.append(...rows.map((item) => item.row));
      }));
    }
    """#

  /// For comparisons in one picture with a slider.
  package static let sliders = #"""
    for (const range of document.querySelectorAll("input.cut"))
      range.addEventListener("input", () =>
        range.previousElementSibling.style.setProperty("--cut", `${100 - range.value}%`));
    """#
}
