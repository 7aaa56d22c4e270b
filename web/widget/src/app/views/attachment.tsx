import { useEffect, useState } from "preact/hooks";
import type { Attachment } from "../model.js";
import { fill, size } from "../texts/index.js";
import { useChat } from "./context.js";
import { Icon } from "./icons.js";

/** A file of the talk. It is fetched with the visitor's token, which is in no address. */
export function AttachmentView({ file }: { file: Attachment }) {
  const { chat, state, words } = useChat();
  const [address, setAddress] = useState<string | null>(null);

  useEffect(() => {
    if (!file.is_image) return;
    let made: string | null = null;
    let isGone = false;
    chat.api.file(file.id).then(
      (blob) => {
        if (isGone) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      },
      () => undefined,
    );
    return () => {
      isGone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [file.id]);

  const save = async () => {
    try {
      const url = address ?? URL.createObjectURL(await chat.api.file(file.id));
      const link = document.createElement("a");
      link.href = url;
      link.download = file.filename;
      link.click();
      if (!address) setTimeout(() => URL.revokeObjectURL(url), 60_000);
    } catch (error) {
      chat.notify(chat.explain(error));
    }
  };

  const label = fill(words.download, { name: file.filename });
  if (file.is_image) {
    return (
      <button type="button" class="picture" aria-label={label} title={file.filename} onClick={save}>
        {address ? <img src={address} alt={file.filename} /> : <span class="shimmer" />}
      </button>
    );
  }
  return (
    <button type="button" class="file" aria-label={label} onClick={save}>
      <span class="file-icon">
        <Icon name="file" />
      </span>
      <span class="file-name">
        <bdi>{file.filename}</bdi>
        <small>{size(file.file_size, state.locale)}</small>
      </span>
    </button>
  );
}
