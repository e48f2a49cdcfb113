// Edits as a JSON file, and back.

function exportEdits() {
  const edits = editsDocument(review.items);
  if (!edits.cues.length) {
    announce("There are no edits to export yet.");
    return;
  }
  const blob = new Blob([JSON.stringify(edits, null, 1) + "\n"], { type: "application/json" });
  const address = URL.createObjectURL(blob);
  const name = DATA.alignment.name.replace(/\.[^.]*$/, "") || "alignment";
  element("a", { href: address, download: `${name}.edits.json` }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
  announce(`Exported ${edits.cues.length} edited captions. Next: ctcalign apply-edits.`);
}

async function importEdits(file) {
  try {
    const edits = JSON.parse(await file.text());
    if (edits?.schema !== "ctcalign/edits/1") throw new Error("it is no file of edits");
    if (edits.alignment?.sha256 !== DATA.alignment.sha256) throw new Error("its edits are of another alignment");
    review.load(edits.cues);
    announce(`Loaded ${edits.cues.length} edited captions.`);
  } catch (error) {
    announce(`${file.name} was not loaded: ${error.message}.`);
  }
}

byId("import-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  if (file) importEdits(file);
  event.target.value = "";
});
