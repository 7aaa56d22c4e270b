/** Files that are chosen: checked here for what the server would refuse anyway, sent at once, shown with their progress. */

import { uuid } from "@romashka/client";
import type { Chat } from "./chat.js";
import type { Attachment, Draft } from "./model.js";
import { size } from "./texts/index.js";

export class Files {
  constructor(private readonly chat: Chat) {}

  private change(key: string, change: Partial<Draft>): void {
    this.chat.set({ drafts: this.chat.state.drafts.map((draft) => (draft.key === key ? { ...draft, ...change } : draft)) });
  }

  add(files: File[]): void {
    const { settings, locale } = this.chat.state;
    const words = this.chat.words;
    const limit = settings?.files_per_message ?? 5;
    for (const file of files) {
      if (this.chat.state.drafts.length >= limit) {
        this.chat.notify(words.too_many_files.replace("{n}", String(limit)));
        return;
      }
      const bytes = settings?.max_file_bytes ?? Infinity;
      if (file.size > bytes) {
        this.chat.notify(words.file_too_large.replace("{size}", size(bytes, locale)));
        continue;
      }
      this.send(file);
    }
  }

  private send(file: File): void {
    const key = uuid();
    let shown = 0;
    const { done, cancel } = this.chat.api.upload(file, (progress) => {
      // Not more often than it can be seen.
      if (progress < 1 && progress - shown < 0.02) return;
      shown = progress;
      this.change(key, { progress });
    });
    this.chat.set({ drafts: [...this.chat.state.drafts, { key, file, progress: 0, state: "uploading", reason: null, attachment: null, cancel }] });
    done.then(
      (attachment) => this.change(key, { state: "done", progress: 1, attachment }),
      (error: unknown) => this.change(key, { state: "failed", reason: this.chat.explain(error) }),
    );
  }

  remove(key: string): void {
    const draft = this.chat.state.drafts.find((one) => one.key === key);
    if (draft?.state === "uploading") draft.cancel();
    this.chat.set({ drafts: this.chat.state.drafts.filter((one) => one.key !== key) });
  }

  retry(key: string): void {
    const draft = this.chat.state.drafts.find((one) => one.key === key);
    this.remove(key);
    if (draft) this.send(draft.file);
  }

  /** Those that are ready to go with a message; they are drafts no more. */
  take(): Attachment[] {
    const { drafts } = this.chat.state;
    const ready = drafts.flatMap((draft) => draft.attachment ?? []);
    if (ready.length) this.chat.set({ drafts: drafts.filter((draft) => !draft.attachment) });
    return ready;
  }

  clear(): void {
    for (const draft of this.chat.state.drafts) this.remove(draft.key);
  }
}
