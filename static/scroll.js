// Keeps the end in view for a reader who is there, and leaves alone one who scrolled up.

const bottomSlack = 48; // px from the end that still count as being there

export class Scroll {
  /** `latestButton` is shown while the end is out of view. */
  constructor(latestButton) {
    this.latestButton = latestButton;
    this.isFollowing = true; // the reader is at the end and stays there as text comes
    this.last = 0;
    addEventListener("scroll", () => this.notice(), { passive: true });
    addEventListener("resize", () => this.follow(), { passive: true });
  }

  /** Goes to the end, and stays there. */
  toEnd() {
    this.isFollowing = true;
    this.follow();
  }

  /** To be called when the height may have changed. */
  follow() {
    if (this.isFollowing) scrollTo(0, document.documentElement.scrollHeight);
    this.latestButton.hidden = this.isFollowing || isAtEnd();
  }

  /** Makes a change above what is being read, which stays where it is. */
  keepPlace(change) {
    const fromEnd = document.documentElement.scrollHeight - scrollY;
    change();
    this.isFollowing = false;
    scrollTo(0, document.documentElement.scrollHeight - fromEnd);
    this.last = scrollY;
  }

  notice() {
    if (isAtEnd()) this.isFollowing = true;
    else if (scrollY < this.last) this.isFollowing = false; // only the reader scrolls up
    this.last = scrollY;
    this.latestButton.hidden = this.isFollowing || isAtEnd();
  }
}

function isAtEnd() {
  return document.documentElement.scrollHeight - innerHeight - scrollY < bottomSlack;
}
