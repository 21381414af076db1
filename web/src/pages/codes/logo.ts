/** A logo becomes a small PNG here, so that a theme can hold it. */
const SIDES = [320, 224, 160, 112, 80]
/** With room for the rest of a style of 64 KiB. */
const LETTERS_MOST = 60_000

export class TooLarge extends Error {}

/** A data URL. Raises TooLarge, or whatever the browser says of a broken image. */
export async function readLogo(file: File): Promise<string> {
  const address = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = address
    await image.decode()
    for (const side of SIDES) {
      const drawn = draw(image, side)
      if (drawn.length <= LETTERS_MOST) return drawn
    }
  } finally {
    URL.revokeObjectURL(address)
  }
  throw new TooLarge()
}

function draw(image: HTMLImageElement, side: number): string {
  // A drawing in SVG may have no size of its own.
  const [width, height] = [image.naturalWidth || side, image.naturalHeight || side]
  const scale = Math.min(1, side / Math.max(width, height))
  const canvas = document.createElement('canvas')
  canvas.width = Math.max(1, Math.round(width * scale))
  canvas.height = Math.max(1, Math.round(height * scale))
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return canvas.toDataURL('image/png')
}
