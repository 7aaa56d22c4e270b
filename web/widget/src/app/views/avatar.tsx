import { useState } from "preact/hooks";
import { Icon } from "./icons.js";

/** A picture of somebody, or his initials. */
export function Avatar({ name, url, isMachine = false }: { name: string; url: string | null | undefined; isMachine?: boolean }) {
  const [isBroken, setBroken] = useState(false);
  const initials = name
    .split(/\s+/)
    .slice(0, 2)
    .map((part) => [...part][0] ?? "")
    .join("")
    .toLocaleUpperCase();
  return (
    <span class={isMachine ? "avatar machine" : "avatar"} aria-hidden="true">
      {url && !isBroken ? <img src={url} alt="" onError={() => setBroken(true)} /> : isMachine ? <Icon name="spark" /> : initials}
    </span>
  );
}
