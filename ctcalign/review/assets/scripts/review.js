// The state of the review: items, undo and redo. Listeners get {first, removed, added} after each change.

class Review {
  constructor(items) {
    this.items = items;
    this.done = [];
    this.undone = [];
    this.listeners = [];
  }

  placeOf(id) {
    return this.items.findIndex((item) => item.id === id);
  }

  /** Replace `count` items from `first` on. A replacement that says what the alignment says becomes the original. */
  replace(first, count, items, label) {
    const added = items.map((item) => {
      const alone = !items.some((other) => other !== item && sameFrom(other, item));
      return alone && !isTouched(item) ? BASE[PLACE.get(item.from[0])] : item;
    });
    this.done.push({ first, removed: this.items.slice(first, first + count), added, label });
    this.undone = [];
    this.splice(this.done[this.done.length - 1], false);
  }

  splice(step, backwards) {
    const [removed, added] = backwards ? [step.added, step.removed] : [step.removed, step.added];
    this.items.splice(step.first, removed.length, ...added);
    for (const listener of this.listeners) listener({ first: step.first, removed, added });
  }

  undo() {
    const step = this.done.pop();
    if (!step) return null;
    this.undone.push(step);
    this.splice(step, true);
    return step;
  }

  redo() {
    const step = this.undone.pop();
    if (!step) return null;
    this.done.push(step);
    this.splice(step, false);
    return step;
  }

  /** Replace everything by what entries of edits describe. */
  load(entries) {
    const items = itemsOf(entries);
    this.replace(0, this.items.length, items, "load edits");
  }
}
