/** How a symbol looks, and the server's answers about it. */
import { keepPreviousData, useQuery } from '@tanstack/preact-query'
import { useEffect, useState } from 'preact/hooks'
import { answered, openqr } from '../../api/client'

export interface Look {
  dark: string
  light: string
  margin: number
  error: string
  /** A data URL, or nothing. */
  logo: string
}

export const PLAIN: Look = { dark: '#000000', light: '#ffffff', margin: 4, error: 'M', logo: '' }

/** What a theme says; what it does not say is plain. */
export function lookOf(style: Record<string, unknown>): Look {
  const text = (name: string, otherwise: string) =>
    typeof style[name] === 'string' ? style[name] : otherwise
  const margin = style['margin']
  return {
    dark: asHex(text('fgColor', '')) ?? PLAIN.dark,
    light: asHex(text('bgColor', '')) ?? PLAIN.light,
    margin: typeof margin === 'number' ? margin : PLAIN.margin,
    error: text('error', PLAIN.error),
    logo: text('logo', PLAIN.logo),
  }
}

export function styleOf(look: Look): Record<string, unknown> {
  const { dark, light, margin, error, logo } = look
  return { fgColor: dark, bgColor: light, margin, error, ...(logo && { logo }) }
}

/** `#0F7` as `#00ff77`; null when it is none. */
export function asHex(typed: string): string | null {
  const text = typed.trim().replace(/^#/, '').toLowerCase()
  if (/^[0-9a-f]{6}$/.test(text)) return `#${text}`
  if (/^[0-9a-f]{3}$/.test(text)) return `#${text.replace(/./g, '$&$&')}`
  return null
}

function bodyOf(data: string, look: Look) {
  const { dark, light, margin, error, logo } = look
  return { data, dark, light, margin, error, ...(logo && { logo }) }
}

/** The drawing itself. Its width is in millimetres, of a PNG in pixels. */
export async function drawn(data: string, look: Look, format: string, size: number): Promise<Blob> {
  const sized = format === 'png' ? { size } : { size_mm: size }
  const body = { ...bodyOf(data, look), format, ...sized }
  const call = openqr.POST('/v1/qr', { body, parseAs: 'blob' })
  return (await answered(call as never)) as unknown as Blob
}

/** The latest value, once it has not changed for a moment. */
export function useResting<Value>(value: Value): Value {
  const [resting, setResting] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setResting(value), 200)
    return () => clearTimeout(timer)
  }, [value])
  return resting
}

export function usePreview(data: string, look: Look) {
  return useQuery({
    queryKey: ['drawing', data, look],
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    queryFn: () => drawn(data, look, 'svg', 50),
  })
}

export function useCheck(data: string, look: Look, sizeMm: number) {
  const body = { ...bodyOf(data, look), size_mm: sizeMm }
  return useQuery({
    queryKey: ['drawing check', body],
    placeholderData: keepPreviousData,
    gcTime: 60_000,
    queryFn: () => answered(openqr.POST('/v1/qr/check', { body })),
  })
}

/** An address for an image of it, for as long as it is shown. */
export function useAddress(blob: Blob | undefined): string {
  const [address, setAddress] = useState('')
  useEffect(() => {
    if (blob === undefined) return
    const created = URL.createObjectURL(blob)
    setAddress(created)
    return () => URL.revokeObjectURL(created)
  }, [blob])
  return address
}
